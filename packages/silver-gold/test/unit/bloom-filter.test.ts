/** A Bloom filter has all of its hashes, and hardly any other. */
import { cases } from "@lakehouse/testing/property";
import { expect, test } from "vitest";
import { bloomFilter, type Hashes, mayHaveAny } from "../../src/engine/bloom-filter.ts";

/** Hashes of numbers, by a generator that mixes all bits. */
function hashes(first: number, count: number): Hashes {
  const mixed = (value: number) => {
    let x = Math.imul(value ^ (value >>> 16), 0x45d9f3b);
    x = Math.imul(x ^ (x >>> 16), 0x45d9f3b);
    return (x ^ (x >>> 16)) >>> 0;
  };
  const numbers = Uint32Array.from({ length: count }, (_, index) => first + index);
  return { low: numbers.map((n) => mixed(2 * n)), high: numbers.map((n) => mixed(2 * n + 1)) };
}

const one = ({ low, high }: Hashes, index: number): Hashes => ({
  low: low.subarray(index, index + 1),
  high: high.subarray(index, index + 1),
});

test("a filter has all of its hashes, and hardly any other", () => {
  const count = cases(10_000);
  const [its, others] = [hashes(0, count), hashes(count, count)];
  const filter = bloomFilter(its);
  const found = (of: Hashes) =>
    Array.from(of.low.keys()).filter((index) => mayHaveAny(filter, one(of, index))).length;
  expect(found(its)).toBe(count);
  expect(found(others)).toBeLessThanOrEqual(Math.max(1, count / 1_000));
  expect(mayHaveAny(filter, { low: new Uint32Array(), high: new Uint32Array() })).toBe(false);
});

test("a filter of nothing has nothing, and the same hashes give the same bytes", () => {
  expect(mayHaveAny(bloomFilter(hashes(0, 0)), hashes(0, 100))).toBe(false);
  expect(bloomFilter(hashes(0, 100))).toEqual(bloomFilter(hashes(0, 100)));
});
