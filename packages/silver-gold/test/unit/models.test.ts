/** Mistakes in models are found before any data is read, and say what to write instead. */
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
import { DuckDb } from "../../src/engine/duckdb/duckdb.ts";
import { referencesOf } from "../../src/engine/duckdb/sql-references.ts";
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
let db: DuckDb;

beforeAll(async () => {
  db = await DuckDb.open({ directory: scratch, memoryLimitMib: 128, connections: 1 });
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
  const resolved = await resolveModels(db, catalog);
  await checkModels(db, catalog, resolved);
  return resolved.map((each) => each.model.name);
}

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
    /reads slaes, which is neither a table nor a model\. There are m, sales\./,
  ],
  [
    "select shop from main.sales",
    /reads main\.sales, but tables and models have no schema\. Write sales alone/,
  ],
  ["select * from read_csv('x.csv')", /reads read_csv\(…\)/],
  ["select shop from 'x.csv'", /reads x\.csv, which is neither/],
  ["select cast(now() as text) as shop from sales", /uses now, so that the same rows/],
  ["select cast(current_date as text) as shop", /uses current_date/],
  ["select shop from sales using sample 3", /random sample/],
  ["select shop from sales where id = $1", /parameter/],
  [
    "select shop from sales where id < 1e400",
    /it has a number that is infinite\. Write a finite one/,
  ],
  ["select shop from m", /reads itself \(m → m\)/],
  ["select shops from sales", /DuckDB refuses its query: Binder Error: .*shops/],
  ["select id from sales", /gives the columns id, but shop are declared/],
  [
    "select id as shop from sales",
    /column shop is declared VARCHAR, but its query gives BIGINT\. Write cast\(… as VARCHAR\) as shop/,
  ],
  ["select sum(id) as shop from sales", /gives HUGEINT/],
])("%s", (sql, problem) => {
  test("is refused", async () => {
    const refused = validate(model("m", sql));
    await expect(refused).rejects.toThrow(ModelError);
    await expect(refused).rejects.toThrow(problem);
  });
});

test("models that read each other", async () => {
  await expect(
    validate(model("a", "from b"), model("b", "from c"), model("c", "from a")),
  ).rejects.toThrow(/Model a: it reads itself \(a → b → c → a\)/);
});

test("an incremental model that does not read its table", async () => {
  const materialization = incremental(sales);
  await expect(
    validate(model("a", "select shop from sales"), model("b", "from a", { materialization })),
  ).rejects.toThrow(/b: it is incremental by sales, but reads neither/);
});

test("checks are bound too", async () => {
  const check = (...checks: never[]) => validate(model("m", "select shop from sales", { checks }));
  await expect(check(relationship("shop", "shops", "name") as never)).rejects.toThrow(
    /reads shops, which is neither/,
  );
  await expect(check(relationship("shop", "sales", "name") as never)).rejects.toThrow(
    /DuckDB refuses check relationship/,
  );
  await expect(check(returnsNoRow("no", "select 1; select 2") as never)).rejects.toThrow(
    /in check no, it has 2 statements/,
  );
  await expect(check(acceptedValues("shop", ["a"]) as never)).resolves.toEqual(["m"]);
});

describe("what a query reads", () => {
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
    ["with x as (select 1), y as (select * from x, w) select * from y", ["w"]],
    [
      "select * from a where exists (with b as (select 1) select * from b) and id in (from b)",
      ["a", "b"],
    ],
    ["select unnest([1]) from range(3), a", ["a"]],
  ])("%s", async (sql, names) => {
    expect(await db.use((connection) => referencesOf(connection, sql))).toEqual({
      ok: true,
      names,
    });
  });
});
