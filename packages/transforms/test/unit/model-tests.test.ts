/** What the type checker must accept and reject in a model's tests, and the mistakes that defineModel finds. */
import { describe, expect, it } from "vitest";
import { boolean, date, decimal, int64, json, string } from "../../src/contract/column.ts";
import { defineTable } from "../../src/contract/table.ts";
import { defineModel, full } from "../../src/model/model.ts";
import { givenFrom } from "../../src/model/test.ts";

const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    amount: decimal(18, 2).notNull(),
    day: date().notNull(),
    paid: boolean(),
    extra: json(),
  },
  primaryKey: ["id"],
});
const shops = defineModel({
  name: "shops",
  description: "",
  materialization: full(),
  columns: { shop: string() },
  sql: "select 'a' as shop",
});
const given = givenFrom(orders, shops);
const model = {
  name: "daily",
  description: "",
  materialization: full(),
  columns: { day: date(), revenue: decimal(38, 2) },
  sql: "select day, sum(amount) as revenue from orders group by day",
} as const;
const day = "2024-02-29";

describe("the type checker", () => {
  it("accepts rows of the contract's types, with any columns left out", () => {
    const { tests } = defineModel({
      ...model,
      tests: [
        given({
          orders: [
            { id: 1, amount: "7.50", day, extra: { a: [1, null] } },
            { id: 9007199254740993n, amount: 2.5, paid: null },
            {},
          ],
          shops: [{ shop: "a" }],
          silver_orders: [{ id: "1" }],
          quarantine_orders: [{ rule: "not_null", reasons: [] }],
        }).expect([{ day, revenue: 7.5 }, { day: null }]),
        given({}).expect([]),
      ],
    });
    expect(tests).toHaveLength(2);
  });

  it("rejects tables, columns and values that do not exist", () => {
    const mistakes = [
      // @ts-expect-error no such table
      () => given({ order: [] }),
      // @ts-expect-error no such column
      () => given({ orders: [{ amont: "1" }] }),
      // @ts-expect-error a date is a string
      () => given({ orders: [{ day: 1 }] }),
      // @ts-expect-error a boolean is not a string
      () => given({ silver_orders: [{ paid: "yes" }] }),
      // @ts-expect-error no such column
      () => defineModel({ ...model, tests: [given({}).expect([{ day, revenu: 1 }])] }),
      // @ts-expect-error no such column, and no other
      () => defineModel({ ...model, tests: [given({}).expect([{ revenu: 1 }])] }),
      // @ts-expect-error no such column, in one row of several
      () => defineModel({ ...model, tests: [given({}).expect([{ day }, { dya: day }])] }),
      // @ts-expect-error a date is a string
      () => defineModel({ ...model, tests: [given({}).expect([{ day: 1 }])] }),
      // @ts-expect-error not a test
      () => defineModel({ ...model, tests: [given({})] }),
      // @ts-expect-error not a list
      () => defineModel({ ...model, tests: given({}).expect([]) }),
    ];
    expect(mistakes).toHaveLength(10);
  });
});

it("a test is no part of the fingerprint", () => {
  const tested = defineModel({ ...model, tests: [given({}).expect([])] });
  expect(tested.fingerprint).toBe(defineModel(model).fingerprint);
});

it.each<[tests: unknown, message: RegExp]>([
  [{}, /its tests are an object \(.*model-tests\.test\.ts:\d+\)\. Write a list/],
  [[given({})], /its test 1 is not given\(\{ … \}\)\.expect\(\[…\]\)/],
  [[given({}).expect([]), given({}).expect([1])], /its test 2 is not given/],
  [[{ given: { orders: {} }, expected: [] }], /its test 1 is not given/],
])("defineModel refuses the form of %j", (tests, message) => {
  expect(() => defineModel({ ...model, tests } as Parameters<typeof defineModel>[0])).toThrow(
    message,
  );
});
