/** Exact text ↔ value for every column type: the one place that says which texts a type accepts. */
import type { Literal } from "../contract/column.ts";
import { type ColumnType, typeName, type Value } from "../contract/column-type.ts";
import { dateText, parseDate } from "./date.ts";
import { decimalText, parseDecimal } from "./decimal.ts";
import { parseInteger } from "./integer.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { parseTimestamp, timestampText } from "./timestamp.ts";

/**
 * Reads the text of a number, date, timestamp or boolean exactly.
 *
 * @returns The value, or the rule that the text breaks and why.
 */
export function parseText(type: ColumnType, text: string): Parsed<Value> {
  switch (type.kind) {
    case "string":
    case "json":
      return { ok: true, value: text };
    case "boolean":
      return text === "true" || text === "false"
        ? { ok: true, value: text === "true" }
        : refused("wrong_type", `${show(text)} is not true or false`);
    case "int32":
      return parseInteger(text, 32);
    case "int64":
      return parseInteger(text, 64);
    case "float64":
      return parseFloat64(text);
    case "decimal":
      return parseDecimal(text, type.precision, type.scale);
    case "date":
      return parseDate(text);
    case "timestamp":
      return parseTimestamp(text);
  }
}

const numberPattern = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function parseFloat64(text: string): Parsed<number> {
  if (!numberPattern.test(text)) {
    return refused("wrong_type", `${show(text)} is not a number`);
  }
  const value = Number(text);
  const lost =
    !Number.isFinite(value) || (value === 0 && /[1-9]/.test(text.split(/[eE]/)[0] ?? ""));
  return lost
    ? refused("out_of_range", `${show(text)} is beyond what a float64 holds`)
    : { ok: true, value: value === 0 ? 0 : value };
}

/** The value's canonical text, as our CSV has it. */
export function formatValue(type: ColumnType, value: Exclude<Value, null>): string {
  switch (type.kind) {
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "date":
      return dateText(value as bigint);
    case "timestamp":
      return timestampText(value as bigint);
    default:
      return String(value);
  }
}

/** Reads a literal of a contract as a value of the column's type. */
export function parseLiteral(type: ColumnType, literal: Literal): Parsed<Exclude<Value, null>> {
  const fits =
    typeof literal === "string" ||
    (typeof literal === "boolean" ? type.kind === "boolean" : isNumeric(type));
  if (!fits) {
    return refused("wrong_type", `${String(literal)} is not a ${typeName(type)}`);
  }
  return parseText(type, String(literal)) as Parsed<Exclude<Value, null>>;
}

function isNumeric({ kind }: ColumnType): boolean {
  return kind === "int32" || kind === "int64" || kind === "float64" || kind === "decimal";
}
