/** Reads a JSON value as a column says. Both paths of the decoder use it for columns with options about spelling. */
import { type JsonValue, numberSource } from "../decode/json.ts";
import { parseJsonValue, parseLiteral } from "./column-type.ts";
import type { Parsed } from "./parsed.ts";
import { type Reading, spelled } from "./reading.ts";
import { type ColumnType, definitionOf } from "./types.ts";
import type { Value } from "./value.ts";

/** A column, as far as its values' spelling goes. */
export interface ReadColumn {
  readonly type: ColumnType;
  readonly reading?: Reading;
}

/** Reads a JSON value exactly. @returns undefined if the column has no value of this JSON form. */
export function readValue(
  { type, reading }: ReadColumn,
  found: NonNullable<JsonValue>,
): Parsed<Value> | undefined {
  if (reading === undefined) {
    return parseJsonValue(type, found);
  }
  const definition = definitionOf(type);
  const isText =
    typeof found === "string" || (reading.coerce === true && definition.conditions === "text");
  const sent = sentText(found);
  const text = isText && sent !== undefined ? spelled(sent, reading) : sent;
  const mapped = text === undefined ? undefined : valuesOf(type, reading)?.get(text);
  if (mapped !== undefined) {
    return mapped;
  }
  const given = isText && text !== undefined ? text : found;
  return definition.fromJsonAs === undefined
    ? parseJsonValue(type, given)
    : definition.fromJsonAs(given, reading, type);
}

/** A string, or a number or boolean as the record wrote it. */
function sentText(found: NonNullable<JsonValue>): string | undefined {
  if (typeof found === "string" || typeof found === "boolean") {
    return String(found);
  }
  return numberSource(found);
}

const maps = new WeakMap<Reading, ReadonlyMap<string, Parsed<Value>>>();

/** The values of `map()`, by the text that was sent. */
function valuesOf(
  type: ColumnType,
  reading: Reading,
): ReadonlyMap<string, Parsed<Value>> | undefined {
  if (reading.map === undefined) {
    return undefined;
  }
  const known = maps.get(reading);
  if (known !== undefined) {
    return known;
  }
  const made = new Map(
    reading.map.map(([text, value]): [string, Parsed<Value>] => [
      text,
      value === null ? { ok: true, value } : parseLiteral(type, value),
    ]),
  );
  maps.set(reading, made);
  return made;
}
