/** Tables and models as DuckDB sees them: a view over files, with the declared columns. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ColumnType } from "@lakehouse/transforms/contract/column-type";
import { sqlType } from "@lakehouse/transforms/contract/column-type";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import {
  castColumns,
  emptyQuery,
  identifier,
  list,
  literal,
  type TypedColumn,
} from "./sql-text.ts";

/** What a view shows. */
export interface Relation {
  readonly columns: readonly TypedColumn[];
  readonly format: FileFormat;
  /** Local paths. */
  readonly files: readonly string[];
}

/** Longest line of a CSV file, bytes; DuckDB's own limit of 2 MB is less than one text may have. */
const maximumLineBytes = 64 * 1024 * 1024;
const dates = {
  dateformat: "'%Y-%m-%d'",
  timestampformat: "'%Y-%m-%dT%H:%M:%S.%fZ'",
};

/** Makes (or replaces) a temporary view of a connection. */
export async function createView(
  connection: DuckDBConnection,
  name: string,
  relation: Relation,
): Promise<void> {
  await connection.run(`create or replace temp view ${identifier(name)} as ${queryOf(relation)}`);
}

/** A query that reads all rows. */
export function queryOf({ columns, format, files }: Relation): string {
  if (files.length === 0) {
    return emptyQuery(columns);
  }
  return format === "csv"
    ? `select ${columns.map(csvColumn).join(", ")} from read_csv(${list(files)}, ${csvReadOptions(columns)})`
    : `select ${castColumns(columns)} from read_parquet(${list(files)})`;
}

/** Writes the rows of a view to a file, sorted by all columns. @returns How many. */
export async function writeView(
  connection: DuckDBConnection,
  view: string,
  path: string,
  format: FileFormat,
): Promise<number> {
  const how =
    format === "csv"
      ? `format csv, header true, delimiter ',', quote '"', escape '"', nullstr '', ` +
        `dateformat ${dates.dateformat}, timestampformat ${dates.timestampformat}`
      : "format parquet, compression zstd";
  const result = await connection.run(
    `copy (select * from ${identifier(view)} order by all) to ${literal(path)} (${how})`,
  );
  const [[count] = []] = await result.getRows();
  return Number(count);
}

/** DuckDB casts text to wide decimals a hundred times as slowly as to those of 64 bits, which most values fit. */
function csvColumn({ name, type }: TypedColumn): string {
  const column = identifier(name);
  return isWide(type)
    ? `coalesce(cast(try_cast(${column} as DECIMAL(18,${type.scale})) as ${sqlType(type)}), ` +
        `cast(${column} as ${sqlType(type)})) as ${column}`
    : column;
}

function isWide(type: ColumnType): type is ColumnType & { readonly kind: "decimal" } {
  return type.kind === "decimal" && type.precision > 18 && type.scale <= 18;
}

/** Options of read_csv that give back every value as it was written; nothing is guessed. */
function csvReadOptions(columns: readonly TypedColumn[]): string {
  const types = columns.map(
    ({ name, type }) => `${literal(name)}: ${literal(isWide(type) ? "VARCHAR" : sqlType(type))}`,
  );
  return [
    "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"'",
    "nullstr = '', allow_quoted_nulls = false, strict_mode = true",
    `dateformat = ${dates.dateformat}, timestampformat = ${dates.timestampformat}`,
    `max_line_size = ${maximumLineBytes}, buffer_size = ${maximumLineBytes}`,
    `columns = {${types.join(", ")}}`,
  ].join(", ");
}
