/** Relations: their names, where they are, and which names conflict. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { ContractError } from "@lakehouse/transforms/errors";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { returnsNoRow } from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { quarantineEntry } from "@lakehouse/transforms/quarantine";
import { describe, expect, test } from "vitest";
import { relationsOf, tablesWithReadQuarantine } from "../../src/relations.ts";

const columns = { id: int64().notNull(), at: date().notNull() };
const table = (name: string, more = {}) =>
  defineTable({
    name,
    columns: { ...columns, ...more },
    primaryKey: ["id"],
    partitionBy: month("at"),
  });
const sales = table("sales", { note: string().describe("What was said") });
const model = (name: string, materialization = full()) =>
  defineModel({ name, description: "", materialization, columns, sql: "select * from sales" });

test("a table has three relations, a model has one", () => {
  const all = relationsOf(
    defineCatalog([sales], [model("daily", incremental(sales)), model("all")]),
  );
  expect(
    all.map(({ kind, name, layer, prefix, format, partition }) =>
      [kind, name, `${layer}/${prefix}`, format, partition?.name].join(" "),
    ),
  ).toEqual([
    "silver silver_sales silver/sales/ csv ingest_date",
    "quarantine quarantine_sales silver/_quarantine/sales/ ndjson ingest_date",
    "current sales gold/sales/ parquet at_month",
    "model daily gold/daily/ csv at_month",
    "model all gold/all/ csv ",
  ]);
  expect(all[0]?.columns).toEqual([
    { name: "id", type: { kind: "int64" }, nullable: false, description: "" },
    { name: "at", type: { kind: "date" }, nullable: false, description: "" },
    { name: "note", type: { kind: "string" }, nullable: true, description: "What was said" },
  ]);
});

test("without partitionBy current rows are in one folder, without a key each record is one", () => {
  const plain = defineTable({ name: "plain", columns });
  const current = relationsOf(defineCatalog([plain], [])).find(({ kind }) => kind === "current");
  expect(current).toMatchObject({
    prefix: "plain/",
    description: "Current rows of plain, one for each accepted record",
  });
  expect(current?.partition).toBeUndefined();
});

test("a model that is an open table is Parquet files in its own folder", () => {
  const open = defineModel({
    name: "open",
    description: "",
    materialization: full(),
    columns,
    sql: "select * from sales",
    format: "table",
  });
  const all = relationsOf(defineCatalog([sales], [open, model("all")]));
  expect(all.map(({ name, isOpen, prefix, format }) => [name, isOpen, prefix, format])).toEqual([
    ["silver_sales", false, "sales/", "csv"],
    ["quarantine_sales", false, "_quarantine/sales/", "ndjson"],
    ["sales", true, "sales/", "parquet"],
    ["open", true, "open/", "parquet"],
    ["all", false, "all/", "csv"],
  ]);
});

test.each([
  ["select id, at from sales", []],
  ["select id, at from SILVER_sales", []],
  ["select id, at from sales, Quarantine_Sales", ["sales"]],
  ['select id, at from sales join "quarantine_sales" using (id)', ["sales"]],
  ["select id, at from quarantine_sales_2", []],
])("%s reads the quarantine of %j", (sql, tables) => {
  const by = (query: string, check: string) => {
    const name = "reads";
    const checks = [returnsNoRow("none", check)];
    const materialization = full();
    const model = defineModel({
      name,
      description: "",
      materialization,
      columns,
      sql: query,
      checks,
    });
    return tablesWithReadQuarantine(defineCatalog([sales, table("others")], [model]));
  };
  expect(by(sql, "select 1")).toEqual(tables);
  expect(by("select id, at from sales", sql)).toEqual(tables);
});

test("quarantine has a column for each member of a line", () => {
  const [, quarantine] = relationsOf(defineCatalog([sales], []));
  const names = quarantine?.columns.map(({ name }) => name);
  const reasons = [{ column: null, rule: "r", message: "m" }] as const;
  for (const raw of [Buffer.from("{}"), Buffer.from([0xff])]) {
    const entry = quarantineEntry("k", { kind: "record", line: 1, byteOffset: 0, raw, reasons });
    expect(names).toEqual(expect.arrayContaining(Object.keys(entry)));
  }
});

describe("a name", () => {
  test.each([
    ["silver_sales", defineCatalog([sales], [model("silver_sales")])],
    ["quarantine_sales", defineCatalog([sales, table("quarantine_sales")], [])],
    ["silver_sales_text", defineCatalog([sales], [model("silver_sales_text")])],
  ])("%s is refused if another relation has it", (name, catalog) => {
    expect(() => relationsOf(catalog)).toThrow(ContractError);
    expect(() => relationsOf(catalog)).toThrow(
      `${name}: two tables or models would have this name. Rename one.`,
    );
  });

  test("of a column can't be the name of partition folders", () => {
    const clash = defineCatalog([table("clash", { at_month: string() })], []);
    expect(() => relationsOf(clash)).toThrow(
      /^clash\.at_month: its partition folders have the same name/,
    );
  });
});
