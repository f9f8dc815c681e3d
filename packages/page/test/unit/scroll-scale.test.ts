/** Any number of rows fits below the height that browsers allow, and each can be reached. */
import { expect, test } from "vitest";
import {
  highest,
  offsetToShow,
  rowsOffset,
  scaleOf,
  scrolledHeight,
  scrollTopOf,
} from "../../src/app/grid/scroll-scale.ts";

const rowHeight = 30;
const view = 600;

test("few rows scroll pixel by pixel", () => {
  const heights = { rows: 1_000 * rowHeight, view };
  expect(scaleOf(heights)).toBe(1);
  expect(scrolledHeight(heights)).toBe(30_000);
});

test.each([1_000_000, 50_000_000])("%i rows: the first and the last are in reach", (count) => {
  const heights = { rows: count * rowHeight, view };
  expect(scrolledHeight(heights)).toBe(highest);
  expect(rowsOffset(0, heights)).toBe(0);
  expect(rowsOffset(highest - view, heights)).toBeCloseTo(heights.rows - view, 3);
  const middle = heights.rows / 2;
  expect(rowsOffset(scrollTopOf(middle, heights), heights)).toBeCloseTo(middle, 3);
});

test("a row that is in view does not move it", () => {
  const heights = { rows: 1_000 * rowHeight, view };
  expect(offsetToShow(5, rowHeight, 100, heights)).toBe(100);
  expect(offsetToShow(0, rowHeight, 100, heights)).toBe(0);
  expect(offsetToShow(100, rowHeight, 0, heights)).toBe(101 * rowHeight - view);
});
