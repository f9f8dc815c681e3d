/** Every table format preserves every value of every column type, whichever engine writes and reads it. */
import { hash } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import pl from "nodejs-polars";
import { beforeAll, describe, expect, test } from "vitest";
import { duckDbType, type FileColumn } from "../../src/column.ts";
import { castColumns, emptyQuery } from "../../src/duckdb-sql.ts";
import { fileFormats, tableFormats } from "../../src/formats.ts";
import { nativeFormats } from "../../src/native-formats.ts";
import { literal } from "../../src/sql-text.ts";
import { Database } from "../support/database.ts";
import { readFrame, sourceOf, writeFrames } from "../support/files.ts";

/** Strings that formats often change. */
const odd = [
  "",
  " ",
  "NULL",
  "\\N",
  "007",
  'a"b,c',
  "a\nb",
  "a\r\nb",
  "\r",
  "é漢😀",
  "'",
  "#",
  "=1",
];
/** Types of every kind, each with its limits as canonical strings. */
const all: readonly (readonly [ColumnType, ...string[]])[] = [
  ...exampleTypes.map((type) => {
    const edges = definitionOf(type).extremes(type);
    return [type, ...edges.map((value) => formatValue(type, value))] as const;
  }),
  [{ kind: "string" }, ...odd],
  [{ kind: "json" }, '""', '{"a":[1,"x\\n"]}', "1.50"],
];
const columns: readonly FileColumn[] = all.map(([type], index) => ({ name: `c${index}`, type }));
const height = Math.max(...all.map(([, ...each]) => each.length)) + 1;

const directory = temporaryDirectory();
const database = await Database.open();
// The last row is all null.
const rows = Array.from({ length: height }, (_, row) =>
  all.map(([, ...each]) => (row === height - 1 ? null : (each[row % each.length] ?? null))),
);
let copies = 0;
await database.define("source", queryOf(rows));
const [first, second] = await frames();

/** The rows, given as strings, with their types. */
function queryOf(strings: readonly (readonly (string | null)[])[]): string {
  const lines = strings.map((row) => `(${row.map(sqlOf).join(", ")})`);
  const names = columns.map(({ name }) => name).join(", ");
  return `select * from (values ${lines.join(", ")}) as t(${names})`;
}

function sqlOf(text: string | null, index: number): string {
  const [type] = all[index] ?? [{ kind: "string" }];
  return `cast(${text === null ? "null" : literal(text)} as ${duckDbType(type)})`;
}

/** All rows for Polars, in two frames. */
async function frames(): Promise<readonly [pl.DataFrame, pl.DataFrame]> {
  const path = join(directory, "source.parquet");
  await database.copy("source", path, "parquet");
  const frame = pl.readParquet(path);
  return [frame.slice(0, 2), frame.slice(2, height)];
}

/** Defines a view over what Polars read. */
async function define(view: string, format: FileFormat, path: string): Promise<void> {
  const found = await readFrame(format, path);
  if (nativeFormats[format].values === "strings") {
    await database.define(view, queryOf(found.rows()));
    return;
  }
  copies += 1;
  const copy = join(directory, `${view}-${copies}.parquet`);
  found.writeParquet(copy);
  await database.scan(view, "parquet", columns, copy);
}

test("a file that is flushed while it grows holds all rows", async () => {
  const own = await mkdtemp(join(directory, "flushed-"));
  const writer = nativeFormats.csv.openWriter(["text"], own, true);
  const row = "x".repeat(5 * 1024 * 1024);
  for (const digit of ["1", "2", "3", "4"]) {
    await writer.add(pl.DataFrame({ text: [row + digit] }).lazy());
  }
  const { path, sha256 } = await writer.finish();
  const content = `text\n${row}1\n${row}2\n${row}3\n${row}4\n`;
  expect(sha256).toBe(hash("sha256", content));
  expect(sha256).toBe(hash("sha256", await readFile(path)));
});

describe.each(fileFormats)("%s", (format) => {
  const path = join(directory, `duckdb.${format}`);

  beforeAll(async () => {
    expect(await database.copy("source", path, format)).toBe(height);
  });

  test("written by DuckDB, read by DuckDB", async () => {
    await database.scan("back", format, columns, path);
    expect(await database.difference("source", "back")).toEqual([]);
  });

  test("written by DuckDB, read by Polars", async () => {
    await define("back", format, path);
    expect(await database.difference("source", "back")).toEqual([]);
  });

  test("written by Polars, read by DuckDB", async () => {
    const written = await writeFrames(format, [first, second], directory);
    await database.scan("back", format, columns, written);
    expect(await database.difference("source", "back")).toEqual([]);
  });

  test("written by Polars, read by Polars", async () => {
    await define("back", format, await writeFrames(format, [first, second], directory));
    expect(await database.difference("source", "back")).toEqual([]);
  });

  test("read by DuckDB by name, beside a file that lacks columns", async () => {
    const few = await writeFrames(format, [first.select("c1", "c0")], directory);
    const queries = await tableFormats[format].duckDb.scanByName(columns, [path, few]);
    const parts = [emptyQuery(columns), ...queries].map((query) => `(${query})`);
    await database.define(
      "back",
      `select ${castColumns(columns)} from (${parts.join(" union all by name ")})`,
    );
    await database.define(
      "expected",
      `from source union all by name
       (select c0, c1 from (from source order by all limit ${first.height}))`,
    );
    expect(await database.difference("expected", "back")).toEqual([]);
  });

  test("its writer knows its digest, or none", async () => {
    const own = await mkdtemp(join(directory, "digest-"));
    const writer = nativeFormats[format].openWriter(first.columns, own);
    await writer.add(first.lazy());
    await writer.add(second.lazy());
    const { path: written, sha256 } = await writer.finish();
    expect([undefined, hash("sha256", await readFile(written))]).toContain(sha256);
    expect(sha256 !== undefined).toBe(format === "csv");
  });

  test("its rows are counted", async () => {
    const written = await writeFrames(format, [first, second], directory);
    expect(await nativeFormats[format].countRows(sourceOf(written))).toBe(height);
  });
});
