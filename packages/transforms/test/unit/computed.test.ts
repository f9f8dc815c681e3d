/** Columns computed from others: conditions and cases. Both paths of the decoder agree. */
import { describe, expect, it } from "vitest";
import { boolean, type Column, date, decimal, int64, string } from "../../src/contract/column.ts";
import { type Computed, when } from "../../src/contract/computed.ts";
import type { Term } from "../../src/contract/condition.ts";
import { day } from "../../src/contract/partition.ts";
import { defineTable, type Table } from "../../src/contract/table.ts";
import { ExactReader } from "../../src/decode/exact.ts";
import { decode } from "../support/decoding.ts";

const orders = defineTable({
  name: "orders",
  columns: {
    amount: decimal(8, 2),
    is_large: boolean(),
    size: string().accepts("large", "usual", "small"),
    net: decimal(8, 2),
    currency: string(),
  },
  computed: (row) => ({
    is_large: row.amount.gt(1000),
    size: when(row.amount.gt(1000), "large").when(row.amount.gt(10), "usual").otherwise("small"),
    net: when(row.currency.eq("EUR"), row.amount),
  }),
});

/** What both paths make of a record. */
async function outcomeOf(table: Table, record: string): Promise<unknown> {
  const verdict = new ExactReader(table).read(record);
  const { rows, refused } = await decode(table, [Buffer.from(record)]);
  if (verdict.outcome === "refused") {
    expect(refused.map(({ reasons }) => reasons)).toEqual([verdict.reasons]);
    return verdict.reasons.map(({ column, rule }) => `${column} ${rule}`);
  }
  expect(refused).toEqual([]);
  expect(rows).toEqual(verdict.outcome === "row" ? [verdict.values] : []);
  return rows[0];
}

it.each([
  ['{"amount":2000,"currency":"EUR"}', [200_000n, true, "large", 200_000n, "EUR"]],
  ['{"amount":20,"currency":"USD"}', [2_000n, false, "usual", null, "USD"]],
  ['{"amount":"20.00","currency":"EU\\u0052"}', [2_000n, false, "usual", 2_000n, "EUR"]],
  ['{"amount":2}', [200n, false, "small", null, null]],
  // Null makes a condition unknown, as in SQL, so the case goes on.
  ["{}", [null, null, "small", null, null]],
  // The record's own key is not read.
  ['{"amount":2,"is_large":"yes","size":7}', [200n, false, "small", null, null]],
])("%s is computed", async (record, row) => {
  expect(await outcomeOf(orders, record)).toEqual(row);
});

it("a computed column has rules like others, and can be part of the key", async () => {
  const table = defineTable({
    name: "t",
    columns: {
      id: int64().notNull(),
      on: date().notNull(),
      ordered_on: date(),
      paid_on: date(),
      size: string().notNull().accepts("large"),
    },
    computed: (row) => ({
      on: when(row.paid_on.isNotNull(), row.paid_on).otherwise(row.ordered_on),
      size: when(row.id.gt(5), "large").otherwise("small"),
    }),
    primaryKey: ["id", "on"],
    partitionBy: day("on"),
    unknownColumns: "quarantine",
  });
  expect(
    await outcomeOf(table, '{"id":6,"paid_on":"1970-01-03","ordered_on":"1970-01-02"}'),
  ).toEqual([6n, 2n, 1n, 2n, "large"]);
  expect(await outcomeOf(table, '{"id":6}')).toEqual(["on missing"]);
  expect(await outcomeOf(table, '{"id":1,"paid_on":"1970-01-03"}')).toEqual([
    "size accepted_values",
  ]);
  expect(await outcomeOf(table, '{"id":"x"}')).toEqual(["id wrong_type", "on missing"]);
  expect(await outcomeOf(table, '{"id":6,"on":"1970-01-01","paid_on":"1970-01-03"}')).toEqual([
    "on unknown_column",
  ]);
});

it("what a column is computed from is in silver's fingerprint", () => {
  const of = (limit: number) =>
    defineTable({
      name: "t",
      columns: { a: int64(), b: boolean() },
      computed: (row) => ({ b: row.a.gt(limit) }),
    }).silverFingerprint;
  expect(of(1)).not.toBe(of(2));
  expect(of(1)).toBe(of(1));
});

type Row = Readonly<Record<"a" | "b" | "text", Term & { gt(value: number): never }>>;

describe("a mistake", () => {
  const table = (b: Column, computed: (row: Row) => unknown) => () =>
    defineTable<Readonly<Record<string, Column>>>({
      name: "t",
      columns: { a: int64(), text: string(), b },
      computed: computed as unknown as () => Record<string, Computed>,
    });
  const gt = (row: Row) => row.a.gt(1);
  it.each<[string, () => unknown, RegExp]>([
    [
      "an unknown column",
      table(boolean(), (row) => ({ bb: gt(row) })),
      /t\.bb: .*no such column.*mean b\?/,
    ],
    ["no condition", table(boolean(), () => ({ b: true })), /t\.b: .*from true.*condition/],
    ["a column alone", table(int64(), (row) => ({ b: row.a })), /t\.b: .*when\(/],
    ["a list", table(boolean(), () => []), /table t: its computed returns a list/],
    [
      "a type",
      table(int64(), (row) => ({ b: gt(row) })),
      /condition, but its type is int64.*boolean\(\)/,
    ],
    ["a value", table(int64(), (row) => ({ b: when(gt(row), "x") })), /invalid int64/],
    [
      "another type",
      table(int64(), (row) => ({ b: when(gt(row), row.text) })),
      /text, whose type is string/,
    ],
    [
      "itself",
      table(int64(), (row) => ({ b: when(gt(row), row.b) })),
      /from b, which is computed itself/,
    ],
    ["from()", table(boolean().from("x"), (row) => ({ b: gt(row) })), /computed, and has from\(\)/],
    ["default()", table(boolean().default(true), (row) => ({ b: gt(row) })), /has default\(\)/],
    [
      "trim()",
      table(string().trim(), (row) => ({ b: when(gt(row), "x") })),
      /options about spelling/,
    ],
    [
      "a method",
      table(int64(), (row) => ({ b: (when(gt(row), 1) as never)["else"] })),
      /no method else/,
    ],
  ])("in %s is told", (_, define, message) => {
    expect(define).toThrow(message);
  });

  it("in its form is told", () => {
    const columns = { a: int64() };
    const wrong = (computed: unknown) => () =>
      defineTable({ name: "t", columns, computed: computed as () => object });
    expect(wrong({})).toThrow(/its computed is an object.*Write a function/);
  });
});
