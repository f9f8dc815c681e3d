/** Whole numbers, exactly. */
import { scaledInteger } from "./decimal.ts";
import { type Parsed, refused, show } from "./parsed.ts";

/** Reads a whole number of 32 or 64 bits; `7`, `007`, `7.0` and `7e0` are 7, `7.5` is refused. */
export function parseInteger(text: string, bits: 32 | 64): Parsed<bigint> {
  const parsed = scaledInteger(text, 0, 20);
  if (!parsed.ok) {
    return parsed.rule === "too_many_decimal_places"
      ? refused("wrong_type", `${show(text)} is not a whole number`)
      : parsed;
  }
  return fitInteger(parsed.value, bits, text);
}

/** A whole number as one of 32 or 64 bits. @param text How it was written. */
export function fitInteger(value: bigint, bits: 32 | 64, text: string): Parsed<bigint> {
  return BigInt.asIntN(bits, value) === value
    ? { ok: true, value }
    : refused("out_of_range", `${show(text)} does not fit in int${bits}`);
}
