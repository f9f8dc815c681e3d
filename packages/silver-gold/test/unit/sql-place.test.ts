/** Errors of SQL name the `.sql` file and line; errors of checks show the check, not generated SQL. */
import { tmpdir } from "node:os";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { relationship } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { openEngine } from "../../src/engine/open-engine.ts";
import { resolveModels } from "../../src/models/model-graph.ts";
import { checkModels } from "../../src/models/model-types.ts";
import { placeOfMessage } from "../../src/models/sql-place.ts";

const table = defineTable({
  name: "sales",
  columns: { id: int64().notNull(), shop: string(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const sqlFile = "packages/tables/src/sales/per_shop.sql";

function model(sql: string, checks: Parameters<typeof defineModel>[0]["checks"] = []) {
  const made = defineModel({
    name: "per_shop",
    description: "",
    materialization: full(),
    columns: { shop: string(), sales: int64() },
    sql,
    checks: checks as never,
  });
  return { ...made, sqlFile };
}

async function messageOf(made: ReturnType<typeof model>): Promise<string> {
  using engine = await openEngine({ directory: tmpdir() });
  const catalog = defineCatalog([table], [made]);
  try {
    await checkModels(engine, catalog, await resolveModels(engine, catalog));
  } catch (error) {
    return String(error);
  }
  throw new Error("Nothing was refused.");
}

test.each([
  [
    "a column",
    "-- Sales\nselect\n  shopp as shop,\n  count(*) as sales\nfrom sales group by all",
    3,
  ],
  ["a function", "select shop,\n\n  countt(*) as sales\nfrom sales group by all", 3],
  ["a table", "select shop, count(*) as sales\nfrom\n  salez\ngroup by all", 3],
  ["a word", "select shop,\n  count(*) as sales\nfrm sales", 3],
  ["a type", "select shop,\n  cast(count(*) as intt) as sales\nfrom sales group by all", 2],
  [
    "a clock",
    "-- Älteste zuerst: now()\nselect shop,\n  count(*) as sales\nfrom sales\nwhere day < now()",
    5,
  ],
  [
    "a keyword",
    "select '漢漢漢漢漢' as shop,\n  1 as sales\nfrom sales where day < current_date",
    3,
  ],
  ["a table function", "select content as shop, 1 as sales\nfrom\n  read_text('a')", 3],
  ["a schema", "select shop, 1 as sales\nfrom\n  main.sales", 3],
  [
    "a second statement",
    "-- one;\nselect ';' as shop, 1 as sales from sales;\n\n-- two\n  select 2",
    5,
  ],
  [
    "a second statement of another kind",
    "select shop, 1 as sales from sales;\ndrop table sales",
    2,
  ],
  ["a statement that is no query", "-- Älteste\n/* a; */\ninsert into sales values (1)", 3],
  ["two that are no queries", "\nset a = 1;\nset b = 2", 3],
  ["a pivot", "\n\npivot sales on shop", 3],
  ["an explanation", "\nexplain select 1", 2],
  ["a parameter", "select '?' as shop, 1 as sales -- ?\nfrom sales\nwhere id = $id", 3],
  ["a string without an end", "select shop,\n 'a\n\n as sales from sales", 2],
  ["a cycle", "select shop, sales\nfrom\n  per_shop", 3],
])("a mistake in %s is found on its line", async (_name, sql, line) => {
  expect(await messageOf(model(sql))).toContain(`(${sqlFile}:${line}). `);
});

test.each([
  ["insert into sales values (1)", "its SQL is not one SELECT, but INSERT"],
  ["\ufeff\n(pivot sales on shop)", "its SQL is not one SELECT, but PIVOT"],
  ["select 1;\nselect 2;", "it has 2 statements"],
  ["select 1;;select 2;select 3", "it has 3 statements"],
  ["-- nothing", "its SQL is empty"],
  [";", "its SQL is empty"],
])("%j: %s", async (sql, problem) => {
  expect(await messageOf(model(sql))).toMatch(
    new RegExp(
      `per_shop: in its query, ${problem} \\(\\S+.sql(:\\d+)?\\)\\. Write one SELECT statement\\.$`,
    ),
  );
});

test("a check is shown as itself", async () => {
  const sql = "select shop, count(*) as sales from sales group by all";
  const message = await messageOf(model(sql, [relationship("sales", "sales", "shop") as never]));
  expect(message).toContain("check relationship(sales in sales.shop)");
  expect(message).not.toMatch(/select|LINE|__built/);
});

test("the line of a statement around the query is not counted", () => {
  const made = model("select shop,\n  1 as sales\nfrom sales");
  expect(placeOfMessage(made, "Conversion Error: no\n\nLINE 3:   1 as sales\n ^")).toBe(
    `${sqlFile}:2`,
  );
  expect(placeOfMessage(made, "Conversion Error: no")).toBe(sqlFile);
});
