/** Functions over any column type. Its definition does the work. */
import type { JsonValue } from "../decode/json.ts";
import { type Parsed, refused } from "./parsed.ts";
import { type ColumnType, definitionOf } from "./types.ts";
import type { Literal, Scalar } from "./value.ts";

/** The type as people write it: `decimal(18,2)`. */
export function typeName(type: ColumnType): string {
  return definitionOf(type).name(type);
}

/** The type as DuckDB writes it in a declaration. */
export function sqlType(type: ColumnType): string {
  return definitionOf(type).duckDb(type);
}

/**
 * Reads a string exactly.
 *
 * @returns The value, or the rule that the string breaks and why.
 */
export function parseText(type: ColumnType, text: string): Parsed<Scalar> {
  return definitionOf(type).parse(text, type);
}

/** Reads a JSON value exactly. @returns undefined if the type has no value of this JSON form. */
export function parseJsonValue(
  type: ColumnType,
  found: NonNullable<JsonValue>,
): Parsed<Scalar> | undefined {
  return definitionOf(type).fromJson(found, type);
}

/** The value's canonical text, as our CSV has it. */
export function formatValue(type: ColumnType, value: Scalar): string {
  return definitionOf(type).format(value, type);
}

/** Reads a literal of a contract as a value of the column's type. */
export function parseLiteral(type: ColumnType, literal: Literal): Parsed<Scalar> {
  const form = typeof literal === "bigint" ? "number" : typeof literal;
  return form === "string" || form === definitionOf(type).jsonForm
    ? parseText(type, String(literal))
    : refused("wrong_type", `${String(literal)} is not a valid ${typeName(type)}`);
}
