/** Writes a record as JSON, and refuses what JSON would change without a word. */
import type { Reason } from "@lakehouse/transforms/decode/exact";
import { asError } from "@lakehouse/transforms/errors";

/** A record as JSON, or why JSON can't hold it. */
export type Encoded =
  | { readonly ok: true; readonly json: string }
  | { readonly ok: false; readonly reasons: readonly [Reason, ...Reason[]] };

const emptied = [Map, Set, WeakMap, WeakSet, Promise, RegExp, Error, ArrayBuffer];

/** A value that JSON can't hold. */
class LostValue extends Error {}

/**
 * Writes a record. A bigint becomes a number, or a string of the same digits if a double can't hold it.
 *
 * JSON.stringify alone would turn NaN, an invalid date and holes in arrays into null, and leave out functions.
 */
export function encode(record: unknown): Encoded {
  try {
    const json: unknown = JSON.stringify(record, kept);
    return typeof json === "string" ? { ok: true, json } : lost("the record is not an object");
  } catch (error) {
    // A circular record is a TypeError, one that is nested too deeply a RangeError, and a toJSON() may throw anything.
    return lost(asError(error).message);
  }
}

function lost(message: string): Encoded {
  return { ok: false, reasons: [{ column: null, rule: "not_json", message }] };
}

function kept(this: unknown, key: string, value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) {
        return value;
      }
      break;
    case "object":
      if (value === null ? !isInvalidDate(this, key) : !isEmptied(value)) {
        return value;
      }
      break;
    case "bigint":
      return BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
        ? Number(value)
        : String(value);
    case "undefined":
      if (!Array.isArray(this)) {
        return value;
      }
      break;
    case "function":
    case "symbol":
      break;
  }
  throw new LostValue(`JSON can't hold the value of ${JSON.stringify(key)}, ${describe(value)}`);
}

/** Whether JSON.stringify would write an object without its content. */
function isEmptied(value: object): boolean {
  return ArrayBuffer.isView(value) || emptied.some((type) => value instanceof type);
}

/** JSON.stringify has already turned it into null. */
function isInvalidDate(holder: unknown, key: string): boolean {
  const original: unknown =
    typeof holder === "object" && holder !== null ? Reflect.get(holder, key) : undefined;
  return original instanceof Date && Number.isNaN(original.getTime());
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "number":
      return String(value);
    case "object":
      return value === null ? "an invalid date" : `a ${value.constructor.name}`;
    default:
      return typeof value === "undefined" ? "undefined in an array" : `a ${typeof value}`;
  }
}
