/** Columns in Athena's SQL and in tables of the Glue catalog. */
import { parseText } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import { contractType, type FileColumnType } from "./column.ts";

/** The type in a table of the Glue catalog. */
export function glueType(type: FileColumnType): string {
  if (type.kind !== "objects") {
    return definitionOf(type).glue(type);
  }
  const fields = Object.entries(type.fields).map(([name, field]) => `${name}:${glueType(field)}`);
  return `array<struct<${fields.join(",")}>>`;
}

/** The type in Athena's SQL. */
export function athenaType(type: FileColumnType): string {
  const own = contractType(type);
  return definitionOf(own).athena(own);
}

/** A column that a view reads from a table of strings. */
export interface StringColumn {
  readonly name: string;
  readonly type: FileColumnType;
  readonly nullable: boolean;
}

/**
 * The SQL that converts a string to the column's type. Athena's CSV reader returns strings, and an empty one for null.
 * So an empty string counts as null, unless the type has the empty string and the column can't be null. A string that
 * is not a value of the type fails the query.
 *
 * @param text SQL for the string. Default: the column.
 */
export function fromString(
  { name, type, nullable }: StringColumn,
  text: string = sqlName(name),
): string {
  const own = contractType(type);
  const isValue = !nullable && parseText(own, "").ok;
  return definitionOf(own).fromAthenaText(isValue ? text : `nullif(${text}, '')`, own);
}

/** A name in double quotes. */
export function sqlName(name: string): string {
  return `"${name}"`;
}
