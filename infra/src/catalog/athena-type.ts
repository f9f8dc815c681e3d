/** Columns of contracts in Athena's SQL. */
import { parseText } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf } from "@lakehouse/transforms/types/types";

/** The type in a table of the Glue catalog. */
export function glueType(type: ColumnType): string {
  return definitionOf(type).glue(type);
}

/** The type in Athena's SQL. */
export function athenaType(type: ColumnType): string {
  return definitionOf(type).athena(type);
}

/** A column as views read it from CSV. */
export interface CsvColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/**
 * The SQL that gives a CSV column its type again. Athena's CSV reader gives strings, and an empty one for null. So an
 * empty string counts as null, except where the type has the empty string and the column cannot be null. A string that is
 * not a value of the type fails the query.
 */
export function fromCsv({ name, type, nullable }: CsvColumn): string {
  const column = sqlName(name);
  const isValue = !nullable && parseText(type, "").ok;
  return definitionOf(type).fromAthenaText(isValue ? column : `nullif(${column}, '')`, type);
}

/** A name in double quotes. */
export function sqlName(name: string): string {
  return `"${name}"`;
}
