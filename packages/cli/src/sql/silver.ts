/** Silver files as DuckDB reads them: one query over many files, also those that older contracts wrote. */
import { open } from "node:fs/promises";
import {
  castColumns,
  identifier,
  list,
  literal,
} from "@lakehouse/silver-gold/engine/duckdb/sql-text";
import { sqlType } from "@lakehouse/transforms/contract/column-type";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";

/** The column with the path of each row's file. */
export const fileColumn = "_file";

/** Longer than any row of silver: a record has at most 16 MiB, and quoting at most doubles it. */
const maximumLineBytes = 64 * 1024 * 1024;
const headerBytes = 64 * 1024;

/**
 * The query that gives the rows of silver files: the contract's columns, with nulls for those that a file
 * lacks, and `_file`.
 *
 * @param paths Local files, CSV or Parquet.
 */
export async function silverSql(table: Table, paths: readonly string[]): Promise<string> {
  const parquet = paths.filter((path) => path.endsWith(".parquet"));
  const csv = await groupByHeader(paths.filter((path) => !path.endsWith(".parquet")));
  const sources = [...csv].map(([header, files]) => csvSource(table, header.split(","), files));
  if (parquet.length > 0) {
    sources.push(
      `read_parquet(${list(parquet)}, union_by_name = true, filename = '${fileColumn}')`,
    );
  }
  const nulls = table.columns.map(
    ({ name, type }) => `cast(null as ${sqlType(type)}) as ${identifier(name)}`,
  );
  const parts = [
    `select ${nulls.join(", ")}, cast(null as varchar) as ${fileColumn} limit 0`,
    ...sources.map((source) => `select * from ${source}`),
  ];
  const all = parts.map((part) => `(${part})`).join(" union all by name ");
  return `select ${castColumns(table.columns)}, ${fileColumn} from (${all})`;
}

/** Files by their header: contracts differ, and columns are found by their names. */
async function groupByHeader(paths: readonly string[]): Promise<Map<string, string[]>> {
  const headers = await pMap(paths, headerOf, { concurrency: 16 });
  const groups = new Map<string, string[]>();
  paths.forEach((path, index) => {
    const header = headers[index] ?? "";
    groups.set(header, [...(groups.get(header) ?? []), path]);
  });
  return groups;
}

async function headerOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({
      buffer: Buffer.alloc(headerBytes),
      position: 0,
    });
    return buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? "";
  } finally {
    await file.close();
  }
}

function csvSource(table: Table, header: readonly string[], paths: readonly string[]): string {
  const types = new Map(table.columns.map((each) => [each.name, sqlType(each.type)]));
  const columns = header.map((each) => `${literal(each)}: '${types.get(each) ?? "VARCHAR"}'`);
  return [
    `read_csv(${list(paths)}, auto_detect = false, header = true, delim = ','`,
    `quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false`,
    `max_line_size = ${maximumLineBytes}, filename = '${fileColumn}', columns = {${columns.join(", ")}})`,
  ].join(", ");
}
