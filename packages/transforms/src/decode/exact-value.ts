/** One column's value read exactly from a parsed record, or the rule that it breaks. */
import type { TableColumn } from "../contract/checked-table.ts";
import type { Path } from "../contract/path.ts";
import { parseLiteral, typeName } from "../types/column-type.ts";
import { type Parsed, type Refusal, refused, show } from "../types/parsed.ts";
import { readValue } from "../types/read-value.ts";
import type { Value } from "../types/value.ts";
import { isJsonObject, type JsonValue, numberSource } from "./json.ts";

/**
 * Reads the column's value from the record, or takes its default.
 *
 * @param paths Those of the column.
 */
export function exactValue(
  column: TableColumn,
  paths: readonly Path[],
  record: JsonValue,
): Parsed<Value> {
  let refusal: Refusal | undefined;
  let found: null | undefined;
  for (const path of paths) {
    const at = valueAt(record, path);
    if (at.ok && at.value !== undefined && at.value !== null) {
      return read(column, at.value);
    }
    if (!at.ok) {
      refusal ??= at;
    } else if (at.value === null) {
      found = null;
    }
  }
  return refusal ?? missing(column, found);
}

/** What a path leads to. Inside null there is nothing. */
export function valueAt(record: JsonValue, path: Path): Parsed<JsonValue | undefined> {
  let found: JsonValue | undefined = record;
  for (const key of path) {
    if (found === undefined || found === null) {
      break;
    }
    if (typeof key === "number") {
      if (!Array.isArray(found)) {
        const what = describeJson(found);
        return refused("wrong_type", `expected an array with the index ${key}, found ${what}`);
      }
      found = (found as readonly JsonValue[])[key];
    } else {
      if (!isJsonObject(found)) {
        const what = describeJson(found);
        return refused("wrong_type", `expected an object with the key ${show(key)}, found ${what}`);
      }
      found = Object.hasOwn(found, key) ? found[key] : undefined;
    }
  }
  return { ok: true, value: found };
}

function read(column: TableColumn, found: NonNullable<JsonValue>): Parsed<Value> {
  const value =
    readValue(column, found) ??
    refused("wrong_type", `${describeJson(found)} is not a valid ${typeName(column.type)}`);
  return value.ok && value.value === null ? missing(column, null) : value;
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
