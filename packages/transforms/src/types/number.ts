/** Reads numbers exactly: scales them to whole numbers, and refuses those that a double may have rounded. */
import { type JsonValue, numberSource } from "../decode/json.ts";
import { type Parsed, type Refusal, refused, show } from "./parsed.ts";

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Whether the text is a number as JSON and SQL write it; zeros in front are allowed. */
export const isNumber = (text: string): boolean => pattern.test(text);

/** The number times 10^scale, if that is whole. `maximumDigits` bounds the work for a huge exponent. */
export function scaledInteger(text: string, scale: number, maximumDigits: number): Parsed<bigint> {
  const match = pattern.exec(text);
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null) {
    return refused("wrong_type", `${show(text)} is not a number`);
  }
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.slice(0, endOfSignificant(digits));
  if (significant === "") {
    return { ok: true, value: 0n };
  }
  const power =
    Number(match[4] ?? 0) - fraction.length + scale + (digits.length - significant.length);
  if (power < 0) {
    return refused(
      "too_many_decimal_places",
      `${show(text)} has more than ${scale} decimal places`,
    );
  }
  if (significant.length + power > maximumDigits) {
    return refused("out_of_range", `${show(text)} has too many digits`);
  }
  const value = BigInt(significant + "0".repeat(power));
  return { ok: true, value: match[1] === "-" ? -value : value };
}

/** Where the trailing zeros begin. A regular expression would take quadratic time for zeros in the middle. */
function endOfSignificant(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === "0") {
    end--;
  }
  return end;
}

/**
 * Reads a JSON number or string as an exact number.
 *
 * A JSON number that does not survive a double is refused, because whoever parsed the record before us may have
 * rounded it. The same digits in a string are taken as they are.
 */
export function exactNumber<V>(
  found: JsonValue,
  parse: (text: string) => Parsed<V>,
): Parsed<V> | undefined {
  if (typeof found === "string") {
    return parse(found);
  }
  const source = numberSource(found);
  if (source === undefined) {
    return undefined;
  }
  const parsed = parse(source);
  return parsed.ok ? (inexact(source) ?? parsed) : parsed;
}

function inexact(source: string): Refusal | undefined {
  if (source.length <= 15 && !/[eE]/.test(source)) {
    return undefined;
  }
  const places = 400;
  const double = Number(source);
  // `String` pads a whole double with zeros once it has enough digits to be unambiguous. `BigInt` has all digits.
  const heldText = Number.isInteger(double) ? String(BigInt(double)) : String(double);
  const written = scaledInteger(source, places, 1_000);
  const held = scaledInteger(heldText, places, 1_000);
  return written.ok && held.ok && written.value === held.value
    ? undefined
    : refused(
        "inexact_number",
        `a JSON reader that uses doubles reads ${show(source)} as ${heldText}; send it as a string`,
      );
}
