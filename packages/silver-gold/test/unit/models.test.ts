/** Mistakes in models are found before any data is read. Each error says what to write instead. */
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { acceptedValues, relationship, returnsNoRow } from "@lakehouse/transforms/model/check";
import {
  defineModel,
  full,
  incremental,
  type ModelDefinition,
} from "@lakehouse/transforms/model/model";
import { beforeAll, describe, expect, test } from "vitest";
import { type Engine, mayRead } from "../../src/engine/engine.ts";
import { openEngine } from "../../src/engine/open-engine.ts";
import { ModelError } from "../../src/errors.ts";
import { resolveModels } from "../../src/models/model-graph.ts";
import { checkModels } from "../../src/models/model-types.ts";
import { scratch } from "../support/lake.ts";

const sales = defineTable({
  name: "sales",
  columns: {
    id: int64().notNull(),
    shop: string().notNull(),
    sold_on: date().notNull(),
    price: decimal(18, 2),
  },
  primaryKey: ["id"],
  partitionBy: day("sold_on"),
});
let engine: Engine;

beforeAll(async () => {
  engine = await openEngine({ directory: scratch, memoryLimitMib: 128 });
});

function model(
  name: string,
  sql: string,
  more: Partial<ModelDefinition<{ shop: ReturnType<typeof string> }>> = {},
) {
  return defineModel({
    name,
    description: "",
    materialization: full(),
    columns: { shop: string() },
    sql,
    ...more,
  });
}

async function validate(...models: ReturnType<typeof model>[]): Promise<string[]> {
  const catalog = defineCatalog([sales], models);
  const resolved = await resolveModels(engine, catalog);
  await checkModels(engine, catalog, resolved);
  return resolved.map((each) => each.model.name);
}

test("models may take JSON apart", async () => {
  const sql = `select e.key as shop from sales as s, json_each(json_array(s.shop)) as e`;
  expect(await validate(model("m", sql))).toEqual(["m"]);
});

test("models are built after what they read", async () => {
  expect(
    await validate(
      model("c", "select * from b"),
      model("b", "from A"),
      model("a", "select shop from sales"),
    ),
  ).toEqual(["a", "b", "c"]);
});

describe.each([
  ["selec 1", /its SQL is not one SELECT \(DuckDB: syntax error/],
  ["select shop from sales; select 1", /it has 2 statements\. Write one SELECT/],
  ["delete from sales", /not one SELECT/],
  ["describe sales", /it describes a table/],
  [
    "select shop from slaes",
    /reads slaes, which is neither a table nor a model\. Did you mean sales\? Tables and models are: m, sales\./,
  ],
  [
    "select shop from main.sales",
    /reads main\.sales, but tables and models have no schema\. Write sales alone/,
  ],
  ["select * from read_csv('x.csv')", /reads read_csv\(…\)/],
  ["select shop from 'x.csv'", /reads x\.csv, which is neither/],
  ["select cast(now() as text) as shop from sales", /uses now, so the same rows/],
  ["select cast(current_date as text) as shop", /uses current_date/],
  ["select shop from sales using sample 3", /random sample/],
  ["select shop from sales where id = $1", /parameter/],
  [
    "select shop from sales where id < 1e400",
    /it contains an infinite number\. Write a finite number/,
  ],
  ["select shop from m", /reads itself \(m → m\)/],
  ["select shops from sales", /DuckDB refuses its query: Binder Error: .*shops/],
  ["select id from sales", /returns the columns id, but shop are declared/],
  [
    "select id as shop from sales",
    /column shop is declared VARCHAR, but the query returns BIGINT\. Write cast\(… as VARCHAR\) as shop/,
  ],
  ["select sum(id) as shop from sales", /returns HUGEINT/],
])("%s", (sql, problem) => {
  test("is refused", async () => {
    const refused = validate(model("m", sql));
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(problem);
  });
});

test("models that read each other are refused", async () => {
  await expect(
    validate(model("a", "from b"), model("b", "from c"), model("c", "from a")),
  ).rejects.toThrow(/Model a: it reads itself \(a → b → c → a\)/);
});

test("an incremental model that does not read its table is refused", async () => {
  const materialization = incremental(sales);
  await expect(
    validate(model("a", "select shop from sales"), model("b", "from a", { materialization })),
  ).rejects.toThrow(/b: it is incremental by sales, but reads neither/);
});

test("checks are validated too", async () => {
  const check = (...checks: never[]) => validate(model("m", "select shop from sales", { checks }));
  await expect(check(relationship("shop", "shops", "name") as never)).rejects.toThrow(
    /there is no table or model shops/,
  );
  await expect(check(relationship("shop", "sales", "name") as never)).rejects.toThrow(
    /sales has no column name/,
  );
  await expect(check(returnsNoRow("no", "select 1; select 2") as never)).rejects.toThrow(
    /in check no, it has 2 statements/,
  );
  await expect(check(acceptedValues("shop", ["a"]) as never)).resolves.toEqual(["m"]);
});

describe("dependencies of a query", () => {
  test.each([
    ["select 1", []],
    [
      "with x as (select * from a) select * from x join y using (id) where b in (select b from z)",
      ["a", "y", "z"],
    ],
    ["with a as (select * from a) select * from a", ["a"]],
    [
      "with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select * from r, Q",
      ["q"],
    ],
    [
      "select (select max(id) from s) from (select * from t) as u union all from v",
      ["s", "t", "v"],
    ],
    // The first part of a recursive expression reads the table with that name.
    ["with recursive a as (select id from a union all select id + 1 from a) from a", ["a"]],
    ["with x as (select 1), y as (select * from x, w) select * from y", ["w"]],
    [
      "select * from a where exists (with b as (select 1) select * from b) and id in (from b)",
      ["a", "b"],
    ],
    ["select unnest([1]) from range(3), a", ["a"]],
  ])("%s", async (sql, names) => {
    expect(await engine.dependencies(sql)).toEqual({ names, refusal: undefined });
  });
});

describe("dependencies of any statement", () => {
  test.each([
    ["describe Orders", ["orders"]],
    ["describe select * from orders, other", ["orders"]],
    ["summarize orders", ["orders"]],
    ["select silver_orders.id, now() from main.orders", ["orders"]],
    ["select 1 as orders, now() from silver_orders", ["silver_orders"]],
    // If the parser can't tell, every name in the SQL counts.
    ["from query('from orders')", ["orders"]],
    ["from query_table(['ORDERS'])", ["orders"]],
    ["select 1e400 as orders from silver_orders", ["orders", "silver_orders"]],
    ["explain from orders", ["orders"]],
  ])("%s", async (sql, names) => {
    expect([...(await mayRead(engine, sql, ["orders", "silver_orders"]))]).toEqual(names);
  });
});
