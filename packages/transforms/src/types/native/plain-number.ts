/**
 * Reads plain numbers straight from their bytes, as whole numbers that a double holds exactly. Anything else is UNSURE:
 * the exact path reads it, or says why it can't.
 */
import { MINUS, POINT, ZERO } from "../../decode/ascii.ts";
import type { Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";

/** Not plain. It is not a whole number, so it differs from every value. */
export const UNSURE = 0.5;

/** How many digits a double always holds exactly. */
export const plainDigits = 15;

/** A column's number times 10^scale, or UNSURE. */
export function scaledNumber(
  bytes: Uint8Array,
  found: Found,
  column: number,
  scale: number,
): number {
  const token = found.tokens[column];
  if (token === Token.INTEGER || token === Token.FRACTION) {
    return scaleDigits(found.digits[column] as number, found.places[column] as number, scale);
  }
  return token === Token.TEXT
    ? readDigits(bytes, found.starts[column] as number, found.ends[column] as number, scale)
    : UNSURE;
}

/** A number with at most `scale` places, times 10^scale: `12.5` with scale 2 is 1250. */
function readDigits(bytes: Uint8Array, start: number, end: number, scale: number): number {
  const negative = bytes[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at === end || end - at > plainDigits || bytes[at] === POINT || bytes[end - 1] === POINT) {
    return UNSURE;
  }
  let value = 0;
  let places = -1;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      if (places !== -1) {
        places++;
      }
    } else if (digit === POINT - ZERO && places === -1) {
      places = 0;
    } else {
      return UNSURE;
    }
  }
  if (places === -1) {
    places = 0;
  }
  if (places > scale) {
    return UNSURE;
  }
  for (; places < scale; places++) {
    value *= 10;
  }
  if (value >= 1e15) {
    return UNSURE;
  }
  return negative && value !== 0 ? -value : value;
}

/** The number that the scanner read, times 10^scale. UNSURE if the scanner may have rounded it. */
function scaleDigits(digits: number, places: number, scale: number): number {
  if (places > scale) {
    return UNSURE;
  }
  let value = digits;
  for (let i = places; i < scale; i++) {
    value *= 10;
  }
  return value < 1e15 && value > -1e15 ? value : UNSURE;
}

/**
 * A column's number times 10^scale, without what is behind the point then. Below zero it is the whole number below, so
 * that a moment is in the microsecond that it lies in.
 */
export function epochNumber(found: Found, column: number, scale: number): number {
  const token = found.tokens[column];
  const digits = found.digits[column] as number;
  // The scanner reads whole numbers up to the safe ones exactly.
  if (
    (token !== Token.INTEGER && token !== Token.FRACTION) ||
    Math.abs(digits) > Number.MAX_SAFE_INTEGER
  ) {
    return UNSURE;
  }
  const power = scale - (found.places[column] as number);
  const factor = 10 ** Math.abs(power);
  const value = power < 0 ? floorDivided(digits, factor) : digits * factor;
  return Math.abs(value) < Number.MAX_SAFE_INTEGER / 2 ? value : UNSURE;
}

/** The whole number at or below a quotient of safe whole numbers. */
export function floorDivided(value: number, divisor: number): number {
  const rest = value % divisor;
  return (value - (rest < 0 ? rest + divisor : rest)) / divisor;
}

/** Two digits, or -1. */
export function two(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] as number) - ZERO;
  const ones = (bytes[at + 1] as number) - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}
