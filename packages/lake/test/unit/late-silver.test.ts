/** Silver that gold does not find among that of the last days has a mark. */
import "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { firstRecentDay, isLate } from "../../src/late-silver.ts";

const minute = 60_000;
const keyOf = (day: string) => `orders/${day.replaceAll("-", "/")}/00/any`;

test.each([
  ["2024-01-31", "2024-02-01T11:59:00Z", false],
  ["2024-01-31", "2024-02-01T12:01:00Z", true],
  ["2024-02-01", "2024-02-01T23:59:00Z", false],
  ["2024-02-09", "2024-02-01T12:00:00Z", false],
  ["2023-12-01", "2024-02-01T00:00:00Z", true],
])("silver of %s, written by %s, is late: %s", (day, written, late) => {
  expect(isLate(keyOf(day), Date.parse(written))).toBe(late);
});

test("whatever is written after a listing of all silver is found, or is late", () => {
  const listedAt = Date.parse("2024-02-01T00:00:00Z");
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 48 * 60 }),
      fc.integer({ min: 0, max: 48 * 60 }),
      fc.integer({ min: -59, max: 59 }),
      fc.integer({ min: -2, max: 5 }),
      (listed, later, difference, ago) => {
        const at = listedAt + listed * minute;
        // By the clock of another function.
        const written = at + later * minute + difference * minute;
        const day = new Date(at - ago * 24 * 60 * minute).toISOString().slice(0, 10);
        const isFound = day >= firstRecentDay(new Date(at).toISOString());
        expect(isFound || isLate(keyOf(day), written)).toBe(true);
      },
    ),
  );
});
