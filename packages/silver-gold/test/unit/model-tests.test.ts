/** Tests of models: rows in memory, built and checked as a gold run does it, and compared row by row. */
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { Column } from "@lakehouse/transforms/contract/column";
import {
  boolean,
  date,
  decimal,
  float64,
  int32,
  int64,
  json,
  string,
  timestamp,
  uuid,
} from "@lakehouse/transforms/contract/column";
import { when } from "@lakehouse/transforms/contract/computed";
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import {
  acceptedRange,
  relationship,
  returnsNoRow,
  unique,
} from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental, type Model } from "@lakehouse/transforms/model/model";
import { givenFrom, type ModelTest } from "@lakehouse/transforms/model/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { runModelTests, testMistakes } from "../../src/model-tests/run-tests.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ directory: temporaryDirectory() });
});
afterAll(() => engine[Symbol.dispose]());

const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    day: date().notNull().from("d").parse("dd/MM/yyyy"),
    amount: decimal(18, 2).notNull(),
    currency: string().notNull().accepts("EUR", "USD").from("money", "currency"),
    channel: string().default("web"),
    note: string(),
    op: string(),
    size: string(),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
  deleteWhen: (row) => row.op.eq("d"),
  computed: (row) => ({ size: when(row.amount.gt(100), "large").otherwise("small") }),
  expectations: (row) => [expectation("amount is positive", row.amount.gt(0))],
});
const customers = defineTable({
  name: "customers",
  columns: { id: int64().notNull() },
  primaryKey: ["id"],
});
const given = givenFrom(orders, customers);
const byDay = { day: date(), orders: int64(), revenue: decimal(38, 2) };
const dailySql =
  "select day, count(*) as orders, sum(amount) as revenue from orders group by day order by day desc";

/** A model of each day. */
function daily(tests: readonly ModelTest[], changes: Partial<Model> = {}): Model {
  const model = defineModel({
    name: "daily",
    description: "",
    materialization: incremental(orders),
    columns: byDay,
    sql: dailySql,
    checks: [unique("day"), acceptedRange("orders", { maximum: 2 })],
  });
  return { ...model, tests, ...changes };
}

async function results(...models: readonly Model[]) {
  return await Array.fromAsync(runModelTests(engine, defineCatalog([orders, customers], models)));
}

async function mistakeOf(made: ModelTest, model = daily([made])): Promise<string | undefined> {
  const found = await testMistakes(engine, defineCatalog([orders, customers], [model]));
  return found[0]?.message;
}

const day = "2024-02-29";

test("a test that is right, whatever the order of the rows", async () => {
  const right = given({
    orders: [
      { day, amount: "7.50" },
      { day, amount: 2.5 },
      { day: "2024-03-01", amount: 1 },
    ],
  }).expect([
    { day, orders: 2, revenue: "10" },
    { day: "2024-03-01", orders: 1, revenue: "1.00" },
  ]);
  const [result] = await results(daily([right]));
  expect(result).toEqual({
    model: "daily",
    test: 1,
    place: expect.stringMatching(/model-tests\.test\.ts:\d+$/),
    ok: true,
    differences: [],
    checks: [],
  });
});

test("differences are shown by row, in the columns that the test names", async () => {
  const wrong = given({
    orders: [{ day }, { day: "2024-03-01" }, { day: "2024-03-02" }],
  }).expect([
    { day, orders: 7 },
    { day: "2024-03-01", orders: 1 },
    { day: "2024-04-01", orders: 1 },
  ]);
  const [result] = await results(daily([wrong]));
  const row = (of: string, count: string) => ({ day: of, orders: count });
  expect(result?.ok).toBe(false);
  expect(result?.differences).toEqual([
    { kind: "different", columns: ["orders"], expected: row(day, "7"), actual: row(day, "1") },
    { kind: "missing", expected: row("2024-04-01", "1") },
    { kind: "unexpected", actual: row("2024-03-02", "1") },
  ]);
});

test("without a key, rows are compared with those that are most alike, and repeated rows count", async () => {
  const made = given({ orders: [{ day }, { day }] });
  const columns = { day: date(), size: string() };
  const sql = "select day, size from orders";
  const once = made.expect([{ day, size: "huge" }]);
  const [result] = await results(
    defineModel({
      name: "sizes",
      description: "",
      materialization: full(),
      columns,
      sql,
      tests: [once],
    }),
  );
  expect(result?.differences.map(({ kind }) => kind)).toEqual(["different", "unexpected"]);
});

test("checks run, except those that read what the test does not give", async () => {
  const checks = [
    unique("day"),
    acceptedRange("orders", { maximum: 2 }),
    returnsNoRow("few", "select * from daily where orders > 2"),
    relationship("orders", "customers", "id"),
  ];
  const three = [{ day }, { day }, { day }];
  const [without, withCustomers] = await results(
    daily(
      [
        given({ orders: three }).expect([{ day }]),
        given({ orders: three, customers: [] }).expect([{ day }]),
      ],
      { checks },
    ),
  );
  const names = ["accepted_range(orders, at most 2)", "few"];
  expect(without?.checks.map(({ check }) => check)).toEqual([expect.any(String), names[1]]);
  expect(withCustomers?.checks).toHaveLength(3);
  expect(withCustomers?.ok).toBe(false);
});

test("an incremental model sees one partition at a time, and models are built from what is given", async () => {
  const running = defineModel({
    name: "running",
    description: "",
    materialization: incremental(orders),
    columns: { day: date(), total: decimal(38, 2) },
    sql: "select day, sum(revenue) over (order by day) as total from daily",
    tests: [
      givenFrom(orders)({
        orders: [
          { day, amount: 1 },
          { day: "2024-03-01", amount: 2 },
          { day: "2024-03-02", amount: 4 },
        ],
      }).expect([
        { day, total: 1 },
        { day: "2024-03-01", total: 2 },
        { day: "2024-03-02", total: 6 },
      ]),
    ],
  });
  const fed = {
    ...running,
    name: "fed",
    tests: [
      { given: { daily: [{ day, revenue: 5 }] }, expected: [{ day, total: 5 }] },
      { given: {}, expected: [] },
    ],
  };
  const all = await results(running, daily([]), fed);
  expect(all.map(({ ok, differences }) => [ok, differences])).toEqual([
    [true, []],
    [true, []],
    [true, []],
  ]);
});

test("columns that a row leaves out: default, computed, null, or a sample that the contract accepts", async () => {
  const columns = {
    id: int64(),
    currency: string(),
    channel: string(),
    note: string(),
    size: string(),
    old: string(),
    rule: string(),
  };
  const model = defineModel({
    name: "plain",
    description: "",
    materialization: full(),
    columns,
    sql: `select id, currency, channel, note, size, (select max(note) from silver_orders) as old,
      (select max(reasons[1].rule) from quarantine_orders) as rule from orders`,
    checks: [unique("id")],
    tests: [
      given({
        orders: [
          { amount: 200, currency: "USD" },
          { id: 7, amount: 1, currency: "EUR", size: "XL" },
          {},
        ],
        silver_orders: [{ op: "d", note: "it's" }],
        quarantine_orders: [{ rule: "a", reasons: [{ column: null, rule: "range", message: "" }] }],
      }).expect([]),
    ],
  });
  const [result] = await results(model);
  const rows = result?.differences.flatMap((each) => ("actual" in each ? [each.actual] : []));
  const more = { channel: "web", note: null, old: "it's", rule: "range" };
  expect(rows).toEqual([
    { id: expect.stringMatching(/^\d+$/), currency: "USD", size: "large", ...more },
    { id: "7", currency: "EUR", size: "XL", ...more },
    {
      id: expect.stringMatching(/^\d+$/),
      currency: expect.any(String),
      ...more,
      size: expect.any(String),
    },
  ]);
  expect(result?.checks).toEqual([]);
});

test("rows of a table with personal data have what silver keeps of it", async () => {
  const people = defineTable({
    name: "people",
    columns: {
      id: int64().notNull().from("person", "id"),
      email: string().notNull().from("person", "email").pii("hash"),
      born: date().notNull().from("person", "born").pii("drop"),
    },
    primaryKey: ["id"],
  });
  const model = defineModel({
    name: "numbers",
    description: "",
    materialization: full(),
    columns: { people: int64(), emails: int64() },
    sql: "select count(id) as people, count(email) as emails from people",
    tests: [givenFrom(people)({ people: [{ email: "h" }, {}] }).expect([{ people: 2, emails: 2 }])],
  });
  const catalog = defineCatalog([people], [model]);
  expect(await testMistakes(engine, catalog)).toEqual([]);
  const [result] = await Array.fromAsync(runModelTests(engine, catalog));
  expect(result).toMatchObject({ ok: true, differences: [] });
});

test("values of every type come back as they were written", async () => {
  const types = {
    a: string(),
    b: boolean(),
    c: int32(),
    d: int64(),
    e: float64(),
    f: decimal(38, 10),
    g: date(),
    h: timestamp(),
    i: uuid(),
    j: json(),
  } satisfies Record<string, Column>;
  const all = defineTable({ name: "orders", columns: types });
  const rows = [
    {
      a: 'it\'s\n"é" \u{1f600} \\',
      b: true,
      c: -2_147_483_648,
      d: 9_223_372_036_854_775_807n,
      e: 0.1,
      f: "-1234567890123456789012345678.0000000001",
      g: "0001-01-01",
      h: "2024-02-29T13:00:00.123456+01:00",
      i: "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
      j: { b: [1, null, "x"], a: "it's" },
    },
    { a: "", b: false, c: "7", d: "-9223372036854775808", e: 1e300, f: 0.5, j: '{"a": 1.50}' },
    { a: null, j: "null" },
  ] as const;
  const model = defineModel({
    name: "same",
    description: "",
    materialization: full(),
    columns: types,
    sql: "from orders",
    tests: [givenFrom(all)({ orders: rows }).expect(rows)],
  });
  const [result] = await Array.fromAsync(runModelTests(engine, defineCatalog([all], [model])));
  expect(result?.differences).toEqual([]);
  expect(result?.ok).toBe(true);
});

describe("mistakes", () => {
  const loose = (rows: object, expected: readonly object[] = []): ModelTest => ({
    given: rows as ModelTest["given"],
    expected,
  });
  test.each<[made: ModelTest, message: RegExp]>([
    [
      loose({ order: [] }),
      /^Model daily: test 1 gives rows of order, and there is no such table or model\. Did you mean orders\?$/,
    ],
    [
      given({ customers: [] }).expect([]),
      /test 1 gives rows of customers, which the model does not read \(.*model-tests\.test\.ts:\d+\)\. Remove them\. It reads orders\.$/,
    ],
    [
      loose({ orders: [{ day }, { dya: day }] }),
      /test 1 can't use its row 2 of orders, which has dya, and there is no such column\. Did you mean day\?/,
    ],
    [
      loose({ orders: [{ day: "29.2.2024" }] }),
      /row 1 of orders, which is refused: day: .*29\.2\.2024/,
    ],
    [loose({ orders: [{ day: null }] }), /row 1 of orders, which is refused: day: /],
    [loose({ orders: [{ amount: 0 }] }), /row 1 of orders, which is refused: .*amount is positive/],
    [loose({ orders: [{ amount: 0.001 }] }), /which is refused: amount: /],
    [
      loose({ orders: [{ id: 2 ** 53 }] }),
      /has id: 9007199254740992, a number that JavaScript may have rounded/,
    ],
    [loose({ orders: [{ note: 7 }] }), /which is refused: note: /],
    [loose({ orders: [{ currency: "GBP" }] }), /which is refused: currency: /],
    [loose({ orders: [{ id: 1 }, { id: "1" }] }), /row 2 of orders, which has the key of row 1/],
    [loose({ orders: [{ op: "d" }] }), /which fulfils the contract's deleteWhen/],
    [
      loose({}, [{ day }, { ordrs: 1 }]),
      /test 1 can't expect its row 2, which has ordrs, and there is no such column\. Did you mean orders\?/,
    ],
    [loose({}, [{ revenue: "1.001" }]), /can't expect its row 1, which is refused: revenue: /],
  ])("%#", async (made, message) => {
    expect(await mistakeOf(made)).toMatch(message);
    const [result] = await results(daily([made]));
    expect(result?.ok).toBe(false);
    expect(result?.error?.message).toMatch(message);
  });

  test("wrong SQL is no mistake of the tests of this model, nor of one that reads it", async () => {
    const broken = daily([given({ orders: [{ id: 1 }] }).expect([])], { sql: "select day,, 1" });
    const reader = defineModel({
      name: "reader",
      description: "",
      materialization: full(),
      columns: { day: date() },
      sql: "select day from daily",
      tests: [given({ orders: [{ id: 1 }] }).expect([])],
    });
    const models = defineCatalog([orders, customers], [broken, reader]);
    expect(await testMistakes(engine, models)).toEqual([]);
  });

  test("SQL that fails on the rows, and SQL that is wrong", async () => {
    const made = given({ orders: [{ day, note: "x" }] }).expect([]);
    const sql =
      "select day, cast(note as bigint) as orders, cast(1 as decimal(38,2)) as revenue from orders";
    const [failed] = await results(daily([made], { sql }));
    expect(failed?.error?.message).toMatch(/DuckDB could not run its query for its test/);
    const [wrong] = await results(daily([made], { sql: "select 1 as day from orders" }));
    expect(wrong?.error?.message).toMatch(/its query returns the columns day, but/);
  });
});
