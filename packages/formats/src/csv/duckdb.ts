/** CSV in DuckDB: how it reads files with known columns, how it reads silver, and how it writes. */
import { open } from "node:fs/promises";
import type { DuckDbCsvColumn, DuckDbValues } from "@lakehouse/transforms/types/type-definition";
import { definitionOf } from "@lakehouse/transforms/types/types";
import pMap from "p-map";
import { contractType, duckDbType, type FileColumn } from "../column.ts";
import { filePaths } from "../duckdb-sql.ts";
import type { LineLength } from "../format.ts";
import { identifier, literal } from "../sql-text.ts";
import {
  absent,
  dateFormat,
  delimiter,
  longLineBytes,
  maximumLineBytes,
  nullString,
  quote,
  timestampFormat,
  usualLineBytes,
} from "./dialect.ts";

/** The most bytes that a value takes if it is not a string, with its delimiter. */
const otherBytes = 64;
/** The longest header, in bytes. */
const headerBytes = 64 * 1024;

/** Options of both read_csv and COPY. A quote inside a field is escaped by another quote. */
const fields = {
  header: "true",
  delim: literal(delimiter),
  quote: literal(quote),
  escape: literal(quote),
  nullstr: literal(nullString),
};
/** How dates and timestamps are written. */
const times = {
  dateformat: literal(dateFormat),
  timestampformat: literal(timestampFormat(".%f")),
};

/** Options of read_csv. Nothing is guessed. An unquoted empty field is null, a quoted one is not. */
const reading = {
  ...fields,
  auto_detect: "false",
  allow_quoted_nulls: "false",
};

/** The default buffer has 16 lines of the maximum size. */
function lineOptions(lines: LineLength) {
  const bytes = { usual: usualLineBytes, long: longLineBytes, any: maximumLineBytes }[lines];
  return {
    max_line_size: bytes,
    buffer_size: bytes,
    // DuckDB's parallel reader drops a last line that is longer than two blocks, without an error.
    ...(lines !== "any" && { parallel: "false" }),
  };
}

export const copyOptions = Object.entries({ format: "csv", ...fields, ...times })
  .map(([name, value]) => `${name} ${value}`)
  .join(", ");

/** SQL for a column as COPY writes it. */
export function copied({ name, type }: FileColumn): string {
  const own = contractType(type);
  const column = identifier(name);
  const text = definitionOf(own).toDuckDbCsv?.(column, own);
  return text === undefined ? column : `${text} as ${column}`;
}

/** A string must not hold the character that Athena's reader takes for an escape. */
export function values({ name, type }: FileColumn): DuckDbValues | undefined {
  return duckDbType(type) === "VARCHAR"
    ? {
        condition: `not contains(cast(${identifier(name)} as VARCHAR), chr(${absent.charCodeAt(0)}))`,
        description: "strings without the character U+0000 in CSV",
      }
    : undefined;
}

/** A line must not be longer than what is read back. Only strings can be that long. */
export function rows(columns: readonly FileColumn[]): DuckDbValues | undefined {
  const strings = columns
    .filter(({ type }) => ["string", "json"].includes(type.kind))
    .map(({ name }) => `coalesce(${identifier(name)}, '')`);
  if (strings.length === 0) {
    return undefined;
  }
  const bytes = strings.map((value) => `strlen(${value})`).join(" + ");
  // Quotes are doubled, and each string is in quotes.
  const quotes = strings
    .map((value) => `strlen(${value}) - strlen(replace(${value}, ${literal(quote)}, '')) + 2`)
    .join(" + ");
  const most = maximumLineBytes - otherBytes * columns.length;
  return {
    condition: `(${bytes} <= ${most} // 4 or ${bytes} + ${quotes} <= ${most})`,
    description: `rows of less than ${maximumLineBytes / 1024 / 1024} MiB in CSV`,
  };
}

export function scan(
  columns: readonly FileColumn[],
  files: readonly string[],
  lines: LineLength = "any",
  more: readonly string[] = [],
): string {
  const types = columns.map((column) => [column.name, readColumn(column).type] as const);
  const values = columns.map(
    (column) => `${readColumn(column).value} as ${identifier(column.name)}`,
  );
  const options = { ...reading, ...lineOptions(lines), ...times, strict_mode: "true" };
  return `select ${[...values, ...more].join(", ")} from ${readCsv(files, options, types)}`;
}

function readCsv(
  files: readonly string[],
  options: Readonly<Record<string, string | number>>,
  types: readonly (readonly [name: string, type: string])[],
): string {
  const columns = types.map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  const all = Object.entries({ ...options, columns: `{${columns.join(", ")}}` });
  return `read_csv(${filePaths(files)}, ${all.map(([name, each]) => `${name} = ${each}`).join(", ")})`;
}

/** The type in which read_csv reads a column, and the SQL that converts it to the column's own type. */
function readColumn({ name, type }: FileColumn): DuckDbCsvColumn {
  const own = contractType(type);
  const column = identifier(name);
  const asItIs = { type: duckDbType(own), value: column };
  return definitionOf(own).fromDuckDbCsv?.(column, own) ?? asItIs;
}

/** Returns one query for each different header among the files. */
export async function scanByName(
  columns: readonly FileColumn[],
  files: readonly string[],
  lines: LineLength = "any",
): Promise<readonly string[]> {
  const headers = await pMap(files, headerOf, { concurrency: 16 });
  const groups = new Map<string, string[]>();
  files.forEach((file, index) => {
    const header = headers[index] ?? "";
    groups.set(header, [...(groups.get(header) ?? []), file]);
  });
  const types = new Map(columns.map(({ name, type }) => [name, duckDbType(type)]));
  return [...groups].map(([header, group]) => {
    const found = header
      .split(delimiter)
      .map((name) => [name, types.get(name) ?? "VARCHAR"] as const);
    return `select * from ${readCsv(group, { ...reading, ...lineOptions(lines) }, found)}`;
  });
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
