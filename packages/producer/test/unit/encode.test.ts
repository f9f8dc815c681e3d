/** JSON of records: nothing is changed or left out without a word. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encode } from "../../src/encode.ts";

test("what JSON can hold is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
      expect(encode(record)).toEqual({ ok: true, json: JSON.stringify(record) });
    }),
    runs(200),
  );
});

test("a member that is undefined is left out", () => {
  expect(encode({ a: undefined, b: 1 })).toEqual({ ok: true, json: '{"b":1}' });
});

const circular: { self?: unknown } = {};
circular.self = circular;

test.each([
  ["NaN", { a: Number.NaN }, /"a", NaN/],
  ["infinity", { a: { b: [Number.NEGATIVE_INFINITY] } }, /"0", -Infinity/],
  ["an invalid date", { a: new Date("x") }, /"a", an invalid date/],
  ["undefined in an array", { a: [undefined] }, /undefined in an array/],
  ["a hole in an array", { a: new Array(1) }, /undefined in an array/],
  ["a function", { a: () => 1 }, /a function/],
  ["a symbol", { a: Symbol("x") }, /a symbol/],
  ["a map", { a: new Map([[1, 2]]) }, /a Map/],
  ["a set", { a: new Set([1]) }, /a Set/],
  ["a promise that was not awaited", { a: Promise.resolve(1) }, /a Promise/],
  ["an error", { a: new TypeError("x") }, /a TypeError/],
  ["a regular expression", { a: /x/ }, /a RegExp/],
  ["an array of bytes", { a: new Uint8Array(2) }, /a Uint8Array/],
  ["a circle", circular, /circular/],
  ["nothing", undefined, /not an object/],
])("%s is refused", (_, record, message) => {
  expect(encode(record)).toMatchObject({
    ok: false,
    reasons: [{ column: null, rule: "not_json", message: expect.stringMatching(message) }],
  });
});
