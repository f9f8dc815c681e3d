import { expect, test } from "vitest";
import { paths } from "../../src/data.ts";

test("every path is below the page's own address, and of one question", () => {
  const all = Object.values(paths);
  expect(new Set(all).size).toBe(all.length);
  expect(
    all.filter((path) => new URL(path, "http://localhost/lake/").pathname !== `/lake/${path}`),
  ).toEqual([]);
});
