/** Names, texts and columns as SQL. */
import type { ColumnType } from "@lakehouse/transforms/contract/column-type";
import { sqlType } from "@lakehouse/transforms/contract/column-type";

/** A column with its declared type. */
export interface TypedColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** A name in double quotes. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text in single quotes. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A list of texts. */
export function list(texts: readonly string[]): string {
  return `[${texts.map(literal).join(", ")}]`;
}

/** The columns as a list of casts: `cast("a" as BIGINT) as "a"`. */
export function castColumns(columns: readonly TypedColumn[]): string {
  return columns
    .map(({ name, type }) => `cast(${identifier(name)} as ${sqlType(type)}) as ${identifier(name)}`)
    .join(", ");
}

/** A query without rows that has these columns. */
export function emptyQuery(columns: readonly TypedColumn[]): string {
  const nulls = columns.map(
    ({ name, type }) => `cast(null as ${sqlType(type)}) as ${identifier(name)}`,
  );
  return `select ${nulls.join(", ")} limit 0`;
}
