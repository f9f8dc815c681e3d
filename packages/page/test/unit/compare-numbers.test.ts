/** Numbers are compared exactly, however many digits they have. */
import { runs } from "@lakehouse/testing/property";
import { assert, bigInt, property } from "fast-check";
import { expect, test } from "vitest";
import { compareNumbers } from "../../src/app/source/compare-numbers.ts";

test.each([
  ["9", "10"],
  ["-10", "-9"],
  ["-0.1", "0"],
  ["0.1", "0.11"],
  ["9007199254740992", "9007199254740993"],
  ["99999999999999999.98", "99999999999999999.99"],
  ["1e-7", "0.1"],
  ["-Infinity", "-1e300"],
  ["1e300", "NaN"],
])("%s is smaller than %s", (smaller, larger) => {
  expect(compareNumbers(smaller, larger)).toBeLessThan(0);
  expect(compareNumbers(larger, smaller)).toBeGreaterThan(0);
});

test.each([
  ["1.50", "1.5"],
  ["-0.0", "0"],
  ["007", "7"],
  ["+3", "3"],
])("%s equals %s", (a, b) => {
  expect(compareNumbers(a, b)).toBe(0);
});

test("integers of any length are in their order", () => {
  assert(
    property(bigInt(), bigInt(), (a, b) => {
      const order = a < b ? -1 : Number(a > b);
      expect(Math.sign(compareNumbers(String(a), String(b)))).toBe(order);
    }),
    runs(100),
  );
});
