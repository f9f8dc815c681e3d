/** One column's value read exactly from a parsed record, or the rule that it breaks. */

import { type ColumnType, typeName, type Value } from "../contract/column-type.ts";
import type { TableColumn } from "../contract/table.ts";
import { scaledInteger } from "../values/decimal.ts";
import { fitInteger } from "../values/integer.ts";
import { parseLiteral, parseText } from "../values/literal.ts";
import { type Parsed, type Refusal, refused, show } from "../values/parsed.ts";
import { canonicalJson, isJsonObject, type JsonValue, numberSource } from "./json.ts";

/** Reads the column's value from the record, its default where there is none. */
export function exactValue(column: TableColumn, record: JsonValue): Parsed<Value> {
  let found: JsonValue | undefined = record;
  for (const key of column.path) {
    if (found === undefined || found === null) {
      break;
    }
    if (!isJsonObject(found)) {
      return refused(
        "wrong_type",
        `${describeJson(found)} stands where the object that holds ${show(key)} should`,
      );
    }
    found = Object.hasOwn(found, key) ? found[key] : undefined;
  }
  if (found === undefined || found === null) {
    return missing(column, found);
  }
  return convert(column.type, found);
}

function missing(column: TableColumn, found: null | undefined): Parsed<Value> {
  if (column.default !== undefined) {
    return parseLiteral(column.type, column.default);
  }
  if (column.nullable) {
    return { ok: true, value: null };
  }
  return refused("missing", found === null ? "the value is null" : "the record has no such key");
}

function convert(type: ColumnType, found: NonNullable<JsonValue>): Parsed<Value> {
  if (type.kind === "json") {
    return { ok: true, value: canonicalJson(found) };
  }
  if (type.kind === "boolean" && typeof found === "boolean") {
    return { ok: true, value: found };
  }
  if (type.kind === "string") {
    return typeof found === "string" ? plainText(found) : wrongType(type, found);
  }
  if (typeof found === "string") {
    return parseText(type, found);
  }
  // Of a number the text is as JavaScript prints it: that of a safe integer is the integer.
  if (Number.isSafeInteger(found) && (type.kind === "int64" || type.kind === "int32")) {
    return fitInteger(BigInt(found as number), type.kind === "int64" ? 64 : 32, String(found));
  }
  const source = numberSource(found);
  if (source !== undefined && isNumber(type)) {
    const parsed = parseText(type, source);
    return parsed.ok && type.kind !== "float64" ? (inexact(source) ?? parsed) : parsed;
  }
  return wrongType(type, found);
}

function isNumber({ kind }: ColumnType): boolean {
  return kind === "int32" || kind === "int64" || kind === "float64" || kind === "decimal";
}

function plainText(text: string): Parsed<string> {
  if (!text.isWellFormed()) {
    return refused("lone_surrogate", "the text holds half a character");
  }
  if (text.includes("\0")) {
    return refused("nul_character", "the text holds a NUL character");
  }
  return { ok: true, value: text };
}

/**
 * Refuses a number that does not survive a double: whoever parsed the record before us may have rounded
 * it already. The same digits as a text are taken as they are.
 */
function inexact(source: string): Refusal | undefined {
  if (source.length <= 15 && !/[eE]/.test(source)) {
    return undefined;
  }
  const places = 400;
  const double = Number(source);
  // A whole double is printed with zeros where its own digits are no longer needed to tell it from others.
  const heldText = Number.isInteger(double) ? String(BigInt(double)) : String(double);
  const written = scaledInteger(source, places, 1_000);
  const held = scaledInteger(heldText, places, 1_000);
  return written.ok && held.ok && written.value === held.value
    ? undefined
    : refused(
        "inexact_number",
        `a JSON reader that uses doubles takes ${show(source)} for ${heldText}; send it as a text`,
      );
}

const wrongType = (type: ColumnType, found: JsonValue): Refusal =>
  refused("wrong_type", `${describeJson(found)} is not a ${typeName(type)}`);

/** What a value is, in words that say little of a large one. */
export function describeJson(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  const source = numberSource(value);
  if (source !== undefined) {
    return `the number ${source.slice(0, 60)}`;
  }
  if (typeof value === "string") {
    return `the text ${show(value)}`;
  }
  if (typeof value === "boolean") {
    return String(value);
  }
  return Array.isArray(value) ? "an array" : "an object";
}
