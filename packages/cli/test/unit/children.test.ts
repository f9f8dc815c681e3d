/** A child's rows are the elements of its parent's current rows, from records to what readers see. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe } from "@lakehouse/silver-gold/describe";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { each } from "@lakehouse/transforms/contract/child";
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
import { expectation } from "@lakehouse/transforms/contract/expectation";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, incremental } from "@lakehouse/transforms/model/model";
import { givenFrom } from "@lakehouse/transforms/model/test";
import { expect, test } from "vitest";
import { tableNamed } from "../../src/command.ts";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { tables } from "../../src/commands/tables/tables.ts";
import { test as modelTests } from "../../src/commands/test/test.ts";
import { tryFiles } from "../../src/commands/try/try.ts";
import type { Context } from "../../src/context.ts";
import { arrive, contextOf } from "../support/context.ts";

const columns = {
  order_id: int64().notNull(),
  ordered_on: date().notNull(),
  version: int32().notNull(),
  op: string(),
};
const contract = {
  name: "shop_orders",
  columns,
  primaryKey: ["order_id"],
  partitionBy: month("ordered_on"),
  orderBy: "version",
} as const;
const orders = defineTable({
  ...contract,
  deleteWhen: (row) => row.op.eq("d"),
  children: {
    order_lines: each(
      "line_items",
      {
        sku: string().notNull(),
        quantity: int32().notNull().range({ minimum: 1 }),
        price: decimal(12, 2).default(0),
      },
      {
        description: "What was ordered",
        expectations: (row) => [expectation("price is not negative", row.price.gte(0))],
      },
    ),
  },
});
const given = givenFrom(orders, orders.children.order_lines);
const skuMonthly = defineModel({
  name: "sku_monthly",
  description: "Pieces of each month",
  materialization: incremental(orders),
  columns: { sku: string(), pieces: int64() },
  sql: "select sku, cast(sum(quantity) as bigint) as pieces from order_lines group by all order by sku",
  tests: [
    given({
      order_lines: [
        { sku: "a", quantity: 2 },
        { sku: "a", quantity: "3" },
      ],
    }).expect([{ sku: "a", pieces: 5 }]),
  ],
});

const order = (order_id: number, version: number, line_items: unknown, more: object = {}) => ({
  order_id,
  ordered_on: "2024-02-29",
  version,
  line_items,
  ...more,
});
const line = (sku: string, quantity: number | string) => ({ sku, quantity });

async function rows(context: Context, sql: string): Promise<string[]> {
  const text = (await Array.fromAsync(query(context, sql, "csv"))).join("");
  return text.trimEnd().split("\n").slice(1);
}

const lines = "select order_id, position, sku, quantity, price from order_lines order by all";

test("a child follows its parent's current rows", async () => {
  const context = contextOf(temporaryDirectory(), defineCatalog([orders], [skuMonthly]));
  const next = async (hour: number, ...records: readonly object[]): Promise<string[]> => {
    arrive(context, orders.name, hour, records);
    await silver(context);
    await gold(context);
    expect(await audit(context, true)).toMatchObject({ problems: [] });
    return await rows(context, lines);
  };
  expect(
    await next(
      1,
      order(1, 2, [line("a", 1), line("b", "2")]),
      order(2, 1, [line("c", 3)]),
      order(3, 1, [line("d", 1), line("e", 0)]),
      order(4, 1, []),
      order(5, 1, undefined),
    ),
  ).toEqual(["1,0,a,1,0.00", "1,1,b,2,0.00", "2,0,c,3,0.00"]);
  expect(await rows(context, "select reasons from quarantine_shop_orders")).toEqual([
    '"[{""column"":""order_lines.quantity"",""rule"":""range"",""message"":""line_items[1]: the value is below 1""}]"',
  ]);
  // An older version arrives late, corrections have fewer lines and more, and an order moves to another month.
  expect(
    await next(
      2,
      order(1, 1, [line("old", 9), line("old", 9), line("old", 9)]),
      order(1, 3, [line("b", 5)]),
      order(2, 2, [line("c", 4), line("f", 1)], { ordered_on: "2024-03-01" }),
    ),
  ).toEqual(["1,0,b,5,0.00", "2,0,c,4,0.00", "2,1,f,1,0.00"]);
  expect(await rows(context, "from sku_monthly order by all")).toEqual(["b,5", "c,4", "f,1"]);
  // A deleted order has no lines.
  expect(
    await next(3, order(2, 4, [line("c", 4)], { op: "d" }), order(2, 3, [line("late", 1)])),
  ).toEqual(["1,0,b,5,0.00"]);

  expect(() => tableNamed(context.catalog, "order_lines")).toThrow(
    "order_lines is a child of shop_orders, whose records it comes from. Name shop_orders instead.",
  );
  expect(await tables(context, "order_lines", "duckdb")).toMatchObject([
    { kind: "table", format: "table", rows: 1 },
  ]);
  expect(await modelTests(context, [])).toMatchObject({ ok: true, passed: 1 });
  const described = describe(context.catalog).models[0];
  expect(described).toMatchObject({
    name: "order_lines",
    childOf: "shop_orders",
    description: "What was ordered",
    primaryKey: ["order_id", "position"],
    expectations: [{ name: "price is not negative" }],
  });

  // `--only` brings children up to date with their tables, and a child's removal leaves its rows until gold prunes them.
  arrive(context, orders.name, 4, [order(9, 1, [line("z", 1)]), order(2, 5, [line("back", 1)])]);
  await silver(context);
  await gold(context, { only: ["sku_monthly"] });
  expect(await rows(context, lines)).toEqual(["1,0,b,5,0.00", "2,0,back,1,0.00", "9,0,z,1,0.00"]);
  const without = { ...context, catalog: defineCatalog([defineTable(contract)], []) };
  expect(await gold(without)).toMatchObject({
    retired: [
      { kind: "model", name: "order_lines" },
      { kind: "model", name: "sku_monthly" },
    ],
  });
});

test("a child keeps every value of every type", async () => {
  const table = defineTable({
    name: "feed",
    columns: { id: int64().notNull() },
    primaryKey: ["id"],
    children: {
      parts: each("data.parts", {
        price: decimal(38, 10),
        ratio: float64(),
        at: timestamp().epoch("ms"),
        on: date().from("day"),
        part_id: uuid(),
        gift: boolean(),
        extra: json(),
        big: int64(),
        text: string().trim(),
      }),
    },
  });
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  const part = {
    price: "-1234567890123456789012345678.1234567890",
    ratio: 5e-324,
    at: -62135596800000,
    day: "9999-12-31",
    part_id: "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
    gift: true,
    extra: { b: 'x"\\', a: "\ud83d" },
    big: "-9223372036854775808",
    text: ' \'"\\,漢😀" ',
  };
  arrive(context, table.name, 1, [
    { id: 1, data: { parts: [part, {}] } },
    { id: 2, data: null },
  ]);
  await silver(context);
  await gold(context);
  expect(await rows(context, "from parts order by position")).toEqual([
    '1,0,-1234567890123456789012345678.1234567890,5e-324,0001-01-01T00:00:00.000000Z,9999-12-31,f81d4fae-7dec-11d0-a765-00a0c91e6bf6,true,"{""a"":""\\ud83d"",""b"":""x\\""\\\\""}",-9223372036854775808,"\'""\\,漢😀"""',
    "1,1,,,,,,,,,",
  ]);
  expect(await audit(context, true)).toMatchObject({ problems: [] });
  const path = join(context.location, "gold/_state/run.json");
  const { run, ...record } = JSON.parse(readFileSync(path, "utf8"));
  record.models.parts.outputs[""].rows = 3;
  writeFileSync(path, JSON.stringify({ ...record, run: { ...run, sha256: undefined } }));
  expect((await audit(context, false)).problems).toMatchObject([
    {
      kind: "child_rows",
      object: "parts",
      message: "the current rows of feed hold 2 elements, but it has 3 rows",
    },
  ]);
});

test("a child with a key of its own refuses a record that repeats it", async () => {
  const table = defineTable({
    ...contract,
    children: {
      order_lines: each("line_items", { sku: string().notNull() }, { primaryKey: ["sku"] }),
    },
  });
  const context = contextOf(temporaryDirectory(), defineCatalog([table], []));
  const records = [
    order(1, 1, [{ sku: "a" }, { sku: "b" }, { sku: "a" }]),
    order(2, 1, [{ sku: "a" }, null]),
    order(3, 1, { sku: "a" }),
    order(4, 1, [{ sku: "a" }]),
  ];
  writeFileSync(
    join(context.folder, "f.ndjson"),
    records.map((each) => JSON.stringify(each)).join("\n"),
  );
  const { rows: accepted, reasons } = await tryFiles(context, table, ["f.ndjson"], 1);
  expect(accepted).toBe(1);
  expect(reasons.map(({ column, rule, samples }) => [column, rule, samples[0]?.message])).toEqual(
    expect.arrayContaining([
      ["order_lines.sku", "repeated_key", "line_items[2]: it has the same key as line_items[0]"],
      ["order_lines", "not_an_object", "line_items[1]: the element is null, not an object"],
      ["order_lines", "wrong_type", "expected an array, found an object"],
    ]),
  );
});
