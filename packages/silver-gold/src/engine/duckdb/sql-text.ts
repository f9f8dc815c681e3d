/** Lists and columns as DuckDB's SQL. */
import { sqlType } from "@lakehouse/transforms/types/column-type";
import type { TypedColumn } from "../engine.ts";
import { identifier, literal } from "../sql-text.ts";

/** A list of strings. */
export function list(texts: readonly string[]): string {
  return `[${texts.map(literal).join(", ")}]`;
}

/** The columns as a list of casts: `cast("a" as BIGINT) as "a"`. */
export function castColumns(columns: readonly TypedColumn[]): string {
  return columns
    .map(({ name, type }) => `cast(${identifier(name)} as ${sqlType(type)}) as ${identifier(name)}`)
    .join(", ");
}

/** A query with these columns and no rows. */
export function emptyQuery(columns: readonly TypedColumn[]): string {
  const nulls = columns.map(
    ({ name, type }) => `cast(null as ${sqlType(type)}) as ${identifier(name)}`,
  );
  return `select ${nulls.join(", ")} limit 0`;
}
