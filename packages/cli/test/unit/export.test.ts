/** `lakehouse export`: the rows that a query reads, in one file of each format. `lakehouse query --file`. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { openScratch } from "@lakehouse/lake/scratch";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, decimal, int64, string, timestamp } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { beforeAll, describe, expect, test } from "vitest";
import { exportTable } from "../../src/commands/export/export.ts";
import { type ExportFormat, exportFormats } from "../../src/commands/export/formats.ts";
import { formatRows } from "../../src/commands/query/format.ts";
import { query } from "../../src/commands/query/query.ts";
import { statementOf } from "../../src/commands/query/statement.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { arrive, contextOf } from "../support/context.ts";

const folder = temporaryDirectory();
const orders = defineTable({
  name: "orders",
  columns: {
    id: int64().notNull(),
    day: date().notNull(),
    at: timestamp(),
    price: decimal(12, 2),
    note: string(),
  },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const totals = defineModel({
  name: "totals",
  description: "",
  materialization: full(),
  columns: { id: int64(), price: decimal(12, 2) },
  sql: "select id, price from orders",
});
const context = contextOf(folder, defineCatalog([orders], [totals]));
const records = [
  {
    id: "9007199254740993",
    day: "2026-01-05",
    at: "2026-01-05T00:00:00.123Z",
    price: "0.10",
    note: "",
  },
  { id: 2, day: "2026-02-05", note: '\ufeffa "quoted",\r\nnote' },
  { id: 3, day: "not a day" },
];

beforeAll(async () => {
  arrive(context, "orders", 1, records);
  await silver(context);
  await runGold(context.lake, context.catalog, { scratch: context.scratch, threads: 1 });
});

/** The folder of a test. */
function newFolder(name: string): string {
  const path = join(folder, "out", name);
  mkdirSync(path, { recursive: true });
  return path;
}

/** All rows of an exported file, as the CSV that a query prints. */
async function readBack(path: string, name: string, format: ExportFormat): Promise<string> {
  using engine = await openEngine({ directory: context.scratch, folders: [dirname(path)] });
  using session = await engine.session();
  if (format === "duckdb") {
    await session.rows(`attach '${path}' as exported (read_only)`);
  }
  const from = {
    parquet: `read_parquet('${path}')`,
    csv: `read_csv('${path}', all_varchar = true, header = true, nullstr = '', allow_quoted_nulls = false)`,
    duckdb: `exported.main."${name}"`,
  }[format];
  const rows = await session.stream(`from ${from} order by all`);
  return (await Array.fromAsync(formatRows(rows, "csv", context.screen))).join("");
}

const relations = ["orders", "silver_orders", "quarantine_orders", "totals"];

describe.each(["parquet", "duckdb"] as const)("%s", (format) => {
  test.each(relations)("%s comes back the same", async (name) => {
    const to = newFolder(`${format}-${name}`);
    const { path, rows, bytes } = await exportTable(context, name, { format, to });
    expect(readdirSync(to)).toEqual([`${name}.${format}`]);
    expect({ rows, bytes }).toEqual({
      rows: name === "quarantine_orders" ? 1 : 2,
      bytes: readFileSync(path).byteLength,
    });
    const wanted = query(context, `from "${name}" order by all`, "csv");
    expect(await readBack(path, name, format)).toBe((await Array.fromAsync(wanted)).join(""));
  });
});

test.each(relations)("csv has what query prints of %s", async (name) => {
  const to = newFolder(`csv-${name}`);
  const { path } = await exportTable(context, name, { format: "csv", to });
  const wanted = (await Array.fromAsync(query(context, `from "${name}"`, "csv"))).join("");
  expect(readFileSync(path, "utf8")).toBe(wanted);
  expect(readdirSync(to)).toEqual([`${name}.csv`]);
});

test.each(exportFormats)("%s is never overwritten without --force", async (format) => {
  const to = join(newFolder(`kept-${format}`), "mine");
  writeFileSync(to, "mine");
  await expect(exportTable(context, "orders", { format, to })).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining(`There is a file ${to} already`),
    hint: expect.stringContaining("--force"),
  });
  expect(readFileSync(to, "utf8")).toBe("mine");
  await exportTable(context, "orders", { format, to, force: true });
  expect(await readBack(to, "orders", format)).toContain("0.10");
  expect(readdirSync(dirname(to))).toEqual(["mine"]);
});

test("mistakes are named before anything is written", async () => {
  const format = "parquet";
  await expect(exportTable(context, "nothing", { format })).rejects.toThrow(
    'There is no table or model "nothing"',
  );
  const to = join(folder, "no", "folder");
  await expect(exportTable(context, "orders", { format, to })).rejects.toThrow(
    `There is no folder ${join(folder, "no")}`,
  );
  writeFileSync(join(folder, "a-file"), "");
  const inFile = join(folder, "a-file", "orders.parquet");
  await expect(exportTable(context, "orders", { format, to: inFile })).rejects.toMatchObject({
    kind: "usage",
    message: expect.stringContaining(`${inFile} can't be written (`),
    hint: "Name another file with --to.",
  });
});

test("a stopped export leaves no file", async () => {
  const to = newFolder("stopped");
  const signal = AbortSignal.abort(new Error("stopped"));
  const stopped = exportTable({ ...context, signal }, "orders", { format: "parquet", to });
  await expect(stopped).rejects.toThrow("stopped");
  expect(readdirSync(to)).toEqual([]);
});

test("an export removes what killed ones left in the folder, and nothing else", async () => {
  const to = newFolder("killed");
  using running = openScratch(to, ".lakehouse-export");
  const left = join(to, ".lakehouse-export-aaaaaa");
  mkdirSync(left);
  writeFileSync(join(left, "lakehouse.lock"), "");
  writeFileSync(join(left, "orders.parquet"), "half");
  await exportTable(context, "orders", { format: "parquet", to });
  expect(readdirSync(to).toSorted()).toEqual([basename(running.path), "orders.parquet"]);
});

describe("query --file", () => {
  test("reads the statement", async () => {
    const file = join(folder, "good.sql");
    writeFileSync(file, "\ufeff-- a report\nselect count(*) as n\nfrom orders;\n");
    const statement = await statementOf(context, undefined, "good.sql");
    expect(statement.file).toBe("good.sql");
    expect((await Array.fromAsync(query(context, statement, "csv"))).join("")).toBe("n\n2\n");
  });

  test.each([
    ["a name that is not there", "select 1,\n  nothing\nfrom orders", "bad.sql:2: "],
    ["a syntax error", "select 1\nfrom orders\nwhere where", "bad.sql:3: "],
    ["two statements", "select 1;\n\nselect 2", "bad.sql:3: query runs one statement"],
    ["a statement that writes", "drop table orders", "bad.sql: query runs one statement"],
    ["an empty file", "", "bad.sql: query runs one statement"],
    ["a file", "select *\nfrom 'x.csv'", "bad.sql:2: query reads only"],
  ])("an error names file and line: %s", async (_, sql, message) => {
    writeFileSync(join(folder, "bad.sql"), sql);
    const statement = await statementOf(context, undefined, "bad.sql");
    await expect(Array.fromAsync(query(context, statement, "csv"))).rejects.toThrow(message);
  });

  test.each([
    ["neither", undefined, undefined, "There is no query"],
    ["both", "from orders", "good.sql", "There are two queries"],
    ["a file that is not there", undefined, "missing.sql", "There is no file"],
  ])("%s", async (_, sql, file, message) => {
    await expect(statementOf(context, sql, file)).rejects.toThrow(message);
  });
});
