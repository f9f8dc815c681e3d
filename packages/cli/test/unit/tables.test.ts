/** `lakehouse tables`: the lines that read tables in other engines. */
import { join } from "node:path";
import { type EngineName, engineNames, engines } from "@lakehouse/silver-gold/engines";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, incremental, inFormat } from "@lakehouse/transforms/model/model";
import { beforeAll, expect, test } from "vitest";
import { silver } from "../../src/commands/silver/silver.ts";
import { tablesText } from "../../src/commands/tables/command.ts";
import { tables } from "../../src/commands/tables/tables.ts";
import type { Context } from "../../src/context.ts";
import { arrive, contextOf } from "../support/context.ts";

const folder = temporaryDirectory();
const orders = defineTable({
  name: "orders",
  columns: { id: int64().notNull(), day: date().notNull(), note: string() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const shape = { id: int64(), note: string(), share: decimal(10, 2) };
const sql = "select id, note, cast(0.5 as decimal(10, 2)) as share from orders";
const named = (name: string, materialization = full()) =>
  defineModel({ name, description: "", materialization, columns: shape, sql });
const catalog = defineCatalog(
  [orders],
  [
    named("whole"),
    named("parts", incremental(orders)),
    inFormat(named("whole_parquet"), "parquet"),
    inFormat(named("parts_parquet", incremental(orders)), "parquet"),
    inFormat(named("open_model"), "table"),
  ],
);
// A folder whose name is awkward to quote.
const context = contextOf(folder, catalog, "it's a lake");

beforeAll(async () => {
  const note = 'a "quoted"\nnote';
  arrive(context, "orders", 1, [
    { id: 1, day: "2026-01-05", note },
    { id: 2, day: "2026-02-05", note: "" },
  ]);
  await silver(context);
  await runGold(context.lake, catalog, { scratch: context.scratch, threads: 1 });
});

async function text(of: Context, name?: string, engine?: EngineName): Promise<string> {
  return tablesText(await tables(of, name, engine), name, engine, context.screen);
}

test("all of them", async () => {
  const summary = await text(context);
  expect(summary).toContain("| orders        | table | open table |       0 |    2 | ");
  expect(summary).toContain("| parts         | model | CSV        |         |    2 | ");
  expect(summary.split("\n")).toHaveLength(10);
});

test("a model on Athena says so", async () => {
  const models = catalog.models.map((model) => ({ ...model, engine: { kind: "athena" } as const }));
  const found = await tables({ ...context, catalog: { ...catalog, models } }, undefined, undefined);
  expect(found.map(({ builtBy }) => builtBy)).toEqual([null, ...models.map(() => "athena")]);
  const summary = tablesText(found, undefined, undefined, context.screen);
  expect(summary).toContain("| open_model    | model (Athena) | open table |");
});

test("the lines of one table in a directory", async () => {
  const root = join(context.location, "gold");
  const lines = await text(context, "orders");
  expect(lines.split("\n")[0]).toBe(`orders: open table, version 0, 2 rows, ${root}/orders`);
  for (const name of engineNames) {
    expect(lines).toContain(`\n\n${engines[name].title}\n  `);
  }
  expect(lines).toContain(`  from delta_scan('${root.replaceAll("'", "''")}/orders');\n`);
  expect(lines).toContain(`  spark.read.format("delta").load("${root}/orders")\n`);
  expect(lines).toContain(`  DeltaLake.Table(Folder.Contents("${root}/orders"))\n`);
  expect(lines).toContain("\nAthena\n  (it reads buckets, and this lake is a directory)\n");
  expect(await text(context, "orders", "clickhouse")).toBe(
    `select * from deltaLakeLocal('${root.replaceAll("'", "\\'")}/orders');\n`,
  );
});

test("the lines of a bucket", async () => {
  const gold = { ...context.lake.gold, description: "s3://gold-1", uri: (key: string) => key };
  const list = async function* () {};
  const open = context.lake.gold.open.bind(context.lake.gold);
  const read = context.lake.gold.read.bind(context.lake.gold);
  const deployed: Context = {
    ...context,
    lake: { ...context.lake, gold: { ...gold, open, read, list } as never },
    environment: "dev",
    settings: { buckets: { gold: "gold-1" }, region: "eu-west-1" },
  };
  const found = await tables(deployed, "orders", undefined);
  const lines = Object.values(found[0]?.engines ?? {});
  expect(lines.filter((each) => "missing" in each)).toEqual([]);
  const line = async (engine: EngineName) => await text(deployed, "orders", engine);
  expect(await line("athena")).toBe("select * from lakehouse_dev.orders;\n");
  expect(await line("power-bi")).toBe(
    'Odbc.Query("dsn=lakehouse", "select * from lakehouse_dev.orders")\n',
  );
  expect(await line("duckdb")).toContain("from delta_scan('s3://gold-1/orders');");
  expect(await line("databricks")).toBe("select * from delta.`s3://gold-1/orders`;\n");
  expect(await line("clickhouse")).toBe(
    "select * from deltaLake('https://gold-1.s3.eu-west-1.amazonaws.com/orders');\n",
  );
});

test.each(["whole", "parts", "whole_parquet", "parts_parquet"])(
  "DuckDB runs the line of %s",
  async (name) => {
    using engine = await openEngine({ directory: folder, folders: [context.location] });
    using session = await engine.session();
    const line = (await text(context, name, "duckdb")).replace(/;\n$/, "");
    expect(await session.rows(`select * from (${line}) order by id`)).toEqual([
      { id: "1", note: 'a "quoted"\nnote', share: "0.50" },
      { id: "2", note: "", share: "0.50" },
    ]);
  },
);

test("what an engine can't read, and unknown names", async () => {
  await expect(text(context, "whole", "polars")).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining("Polars can't read whole: CSV has no types;"),
  });
  expect(await text(context, undefined, "polars")).toMatch(/^(import polars as pl; .*\n){4}$/);
  expect(await text(context, "open_model", "polars")).toContain("pl.scan_delta(");
  await expect(text(context, "order")).rejects.toMatchObject({
    message: expect.stringContaining('There is no table or model "order".'),
    hint: "Tables and models are: orders, whole, parts, whole_parquet, parts_parquet, open_model.",
  });
});
