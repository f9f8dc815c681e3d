/** The CSV dialect for DuckDB: how it reads files of gold, how it reads silver, and how it writes. */
import { open } from "node:fs/promises";
import { sqlType } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import pMap from "p-map";
import type { TypedColumn } from "../engine.ts";
import { identifier, literal } from "../sql-text.ts";
import { list } from "./sql-text.ts";

/** Longest line, bytes: longer than any row of silver or gold. DuckDB's default of 2 MB is less than one string may have. */
const maximumLineBytes = 64 * 1024 * 1024;
/** Longest header of silver, bytes. */
const headerBytes = 64 * 1024;
const dateFormat = "'%Y-%m-%d'";
const timestampFormat = "'%Y-%m-%dT%H:%M:%S.%fZ'";

/** Options of COPY. */
export const csvCopyOptions =
  `format csv, header true, delimiter ',', quote '"', escape '"', nullstr '', ` +
  `dateformat ${dateFormat}, timestampformat ${timestampFormat}`;

/** Queries all rows of files with exactly these columns. */
export function readCsv(columns: readonly TypedColumn[], files: readonly string[]): string {
  const types = columns.map(
    (column) => `${literal(column.name)}: ${literal(readColumn(column).type)}`,
  );
  // Every value is read as it was written: nothing is guessed.
  const options = [
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'",
    "nullstr = '', allow_quoted_nulls = false, strict_mode = true",
    `dateformat = ${dateFormat}, timestampformat = ${timestampFormat}`,
    `max_line_size = ${maximumLineBytes}, buffer_size = ${maximumLineBytes}`,
    `columns = {${types.join(", ")}}`,
  ];
  const values = columns.map(
    (column) => `${readColumn(column).value} as ${identifier(column.name)}`,
  );
  return `select ${values.join(", ")} from read_csv(${list(files)}, ${options.join(", ")})`;
}

/** The type that read_csv gives a column, and the SQL that makes a value of the column's own type of it. */
function readColumn({ name, type }: TypedColumn): {
  readonly type: string;
  readonly value: string;
} {
  const column = identifier(name);
  const own = { type: sqlType(type), value: column };
  return definitionOf(type).fromDuckDbCsv?.(column, type) ?? own;
}

/** Queries all rows of silver files, one query for each header among them: contracts differ. */
export async function readSilverCsv(
  columns: readonly TypedColumn[],
  files: readonly string[],
): Promise<string[]> {
  const headers = await pMap(files, headerOf, { concurrency: 16 });
  const groups = new Map<string, string[]>();
  files.forEach((file, index) => {
    const header = headers[index] ?? "";
    groups.set(header, [...(groups.get(header) ?? []), file]);
  });
  const types = new Map(columns.map(({ name, type }) => [name, sqlType(type)]));
  return [...groups].map(([header, group]) => readByHeader(types, header.split(","), group));
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

function readByHeader(
  types: ReadonlyMap<string, string>,
  header: readonly string[],
  files: readonly string[],
): string {
  const columns = header.map((each) => `${literal(each)}: '${types.get(each) ?? "VARCHAR"}'`);
  const options = [
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'",
    "nullstr = '', allow_quoted_nulls = false",
    `max_line_size = ${maximumLineBytes}, columns = {${columns.join(", ")}}`,
  ];
  return `select * from read_csv(${list(files)}, ${options.join(", ")})`;
}
