/** A JSON number that a reader with doubles may have rounded is refused. As a string it is exact. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { date, decimal, float64, int64, string } from "../../src/contract/column.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable } from "../../src/contract/table.ts";
import { decode } from "../support/decoding.ts";

const table = defineTable({
  name: "t",
  columns: {
    id: int64().notNull(),
    day: date().notNull(),
    whole: int64(),
    amount: decimal(38, 10),
    ratio: float64(),
    note: string(),
  },
  primaryKey: ["id"],
  partitionBy: day("day"),
});

/** Reads one member. @returns Its value, or the rules that it breaks. */
async function read(member: string, column: number): Promise<unknown> {
  const { rows, refused } = await decode(table, [
    Buffer.from(`{"id":1,"day":"2024-02-29",${member}}`),
  ]);
  return rows[0]?.[column] ?? refused[0]?.reasons.map(({ rule }) => rule);
}

describe("a number in an exact column", () => {
  const whole = fc.oneof(
    fc.bigInt({ min: 10n ** 14n, max: 10n ** 18n }),
    fc.bigInt({ min: 2n ** 53n - 9n, max: 2n ** 53n + 9n }),
    fc.integer({ min: 47, max: 62 }).map((power) => 2n ** BigInt(power)),
  );

  it("is accepted as a whole number exactly if a double holds it", async () => {
    await fc.assert(
      fc.asyncProperty(whole, async (value) => {
        const survives = BigInt(Number(value)) === value;
        expect(await read(`"whole":${value}`, 2)).toEqual(survives ? value : ["inexact_number"]);
        expect(await read(`"whole":"${value}"`, 2)).toBe(value);
      }),
      runs(150),
    );
  });

  it.each([
    ["150.00", 1_500_000_000_000n],
    ["0.1", 1_000_000_000n],
    ["-0", 0n],
    ["-0.0", 0n],
    ["12345678901234.5", 123_456_789_012_345_000_000_000n],
    ["12345678901234567.5", ["inexact_number"]],
    ["0.1234567890123456789", ["too_many_decimal_places"]],
    ["1234567.1234567890", 12_345_671_234_567_890n],
    ["12345678.1234567891", ["inexact_number"]],
    ["1e20", 10n ** 30n],
    ["1e-10", 1n],
    ["1e-11", ["too_many_decimal_places"]],
    ["1e22", 10n ** 32n],
    ["1e23", ["inexact_number"]],
    ["1e28", ["out_of_range"]],
  ])("%s as a decimal", async (number, expected) => {
    expect(await read(`"amount":${number}`, 3)).toEqual(expected);
  });

  it.each([
    ["12345678901234567.5", 123_456_789_012_345_675_000_000_000n],
    ["12345678.1234567891", 123_456_781_234_567_891n],
    ["007", 70_000_000_000n],
    ["12,50", ["wrong_type"]],
  ])("%s as a decimal in a string", async (text, expected) => {
    expect(await read(`"amount":"${text}"`, 3)).toEqual(expected);
  });
});

describe("other cases", () => {
  it.each<[string, number, unknown]>([
    ['"ratio":0.1234567890123456789', 4, 0.12345678901234568],
    ['"ratio":-0', 4, 0],
    ['"ratio":1e400', 4, ["out_of_range"]],
    ['"note":7', 5, ["wrong_type"]],
    ['"note":"007"', 5, "007"],
    ['"whole":true', 2, ["wrong_type"]],
    ['"whole":9.5', 2, ["wrong_type"]],
    ['"whole":1,"whole":2', 2, 2n],
    ['"note":"a\\u0000"', 5, ["nul_character"]],
    ['"note":"\\ud83d"', 5, ["lone_surrogate"]],
    ['"day":"2024-02-30"', 1, ["impossible_date"]],
  ])("%s", async (member, column, expected) => {
    expect(await read(member, column)).toEqual(expected);
  });
});
