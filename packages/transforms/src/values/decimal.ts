/** Decimals as unscaled whole numbers: 12.50 with scale 2 is 1250n. */
import { type Parsed, refused, show } from "./parsed.ts";

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Reads a decimal with at most `scale` places and `precision` digits in all; nothing is rounded. */
export function parseDecimal(text: string, precision: number, scale: number): Parsed<bigint> {
  const parsed = scaledInteger(text, scale, precision + 1);
  if (!parsed.ok) {
    return parsed;
  }
  const digits = String(parsed.value < 0n ? -parsed.value : parsed.value).length;
  return digits > precision
    ? refused("out_of_range", `${show(text)} does not fit in decimal(${precision},${scale})`)
    : parsed;
}

/** A number's text times 10^scale, if that is whole; `maximumDigits` bounds the work that a huge exponent makes. */
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

/** Where the zeros at the end begin; a regular expression takes quadratic time for zeros in the middle. */
function endOfSignificant(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === "0") {
    end--;
  }
  return end;
}

/** The text with exactly `scale` places. */
export function decimalText(value: bigint, scale: number): string {
  if (scale === 0) {
    return String(value);
  }
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
