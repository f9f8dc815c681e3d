/** Reads whole numbers of 32 or 64 bits, for int32 and int64. */
import type { JsonValue } from "../decode/json.ts";
import { exactNumber, scaledInteger } from "./number.ts";
import { type Parsed, type Refusal, refused, show } from "./parsed.ts";
import { numberSchema, type SchemaBounds, type ValueSchema } from "./value-schema.ts";

type Bits = 32 | 64;

/** Reads a whole number. `7`, `007`, `7.0` and `7e0` are 7; `7.5` is refused. */
export function parseInteger(text: string, bits: Bits): Parsed<bigint> {
  const parsed = scaledInteger(text, 0, 20);
  if (!parsed.ok) {
    return parsed.rule === "too_many_decimal_places"
      ? refused("wrong_type", `${show(text)} is not a whole number`)
      : parsed;
  }
  return fitInteger(parsed.value, bits, text);
}

/** Reads a JSON number or string. */
export function integerFromJson(found: JsonValue, bits: Bits): Parsed<bigint> | undefined {
  // JavaScript holds and prints a safe integer exactly.
  if (typeof found !== "number" || !Number.isSafeInteger(found)) {
    return exactNumber(found, (text) => parseInteger(text, bits));
  }
  const fits = bits === 64 || (found | 0) === found;
  return fits ? { ok: true, value: BigInt(found) } : tooLarge(String(found), bits);
}

/** @param text How the number was written. */
function fitInteger(value: bigint, bits: Bits, text: string): Parsed<bigint> {
  return BigInt.asIntN(bits, value) === value ? { ok: true, value } : tooLarge(text, bits);
}

function tooLarge(text: string, bits: Bits): Refusal {
  return refused("out_of_range", `${show(text)} does not fit in int${bits}`);
}

/** Whole numbers within the column's bounds, or the type's. */
export function integerSchema({ minimum, maximum }: SchemaBounds<bigint>, bits: Bits): ValueSchema {
  const end = 2n ** BigInt(bits - 1);
  return numberSchema("integer", String(minimum ?? -end), String(maximum ?? end - 1n));
}
