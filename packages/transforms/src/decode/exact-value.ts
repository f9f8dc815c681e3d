/** One column's value read exactly from a parsed record, or the rule that it breaks. */
import type { TableColumn } from "../contract/table.ts";
import { parseLiteral, typeName } from "../types/column-type.ts";
import { type Parsed, refused, show } from "../types/parsed.ts";
import { readValue } from "../types/read-value.ts";
import type { Value } from "../types/value.ts";
import { isJsonObject, type JsonValue, numberSource } from "./json.ts";

/** Reads the column's value from the record, or takes its default. */
export function exactValue(column: TableColumn, record: JsonValue): Parsed<Value> {
  let found: JsonValue | undefined = record;
  for (const key of column.path) {
    if (found === undefined || found === null) {
      break;
    }
    if (!isJsonObject(found)) {
      return refused(
        "wrong_type",
        `expected an object with the key ${show(key)}, found ${describeJson(found)}`,
      );
    }
    found = Object.hasOwn(found, key) ? found[key] : undefined;
  }
  if (found === undefined || found === null) {
    return missing(column, found);
  }
  const read =
    readValue(column, found) ??
    refused("wrong_type", `${describeJson(found)} is not a valid ${typeName(column.type)}`);
  return read.ok && read.value === null ? missing(column, null) : read;
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

/** Describes a value for a message. Long values are cut. */
export function describeJson(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  const source = numberSource(value);
  if (source !== undefined) {
    return `the number ${source.slice(0, 60)}`;
  }
  if (typeof value === "string") {
    return `the string ${show(value)}`;
  }
  if (typeof value === "boolean") {
    return String(value);
  }
  return Array.isArray(value) ? "an array" : "an object";
}
