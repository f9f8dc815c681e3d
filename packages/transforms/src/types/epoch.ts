/** Moments as numbers since 1970-01-01T00:00:00Z, read digit by digit. No float is involved. */
import { type Parsed, refused, show } from "./parsed.ts";

const pattern = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** How many digits a number has more than the same time in microseconds; in days, for `d`. */
const scales = { s: 6, ms: 3, us: 0, ns: -3, d: 0 } as const;

/** What a number counts: days, seconds, milliseconds, microseconds or nanoseconds. */
export type EpochUnit = keyof typeof scales;

/** The units of a timestamp. */
export const momentUnits = ["s", "ms", "us", "ns"] as const;

/** How many places to move a number's point to the right, so that it counts microseconds. */
export function epochScale(unit: EpochUnit): number {
  return scales[unit];
}

const words: { readonly [U in EpochUnit]: string } = {
  d: "days",
  s: "seconds",
  ms: "milliseconds",
  us: "microseconds",
  ns: "nanoseconds",
};

/** `epoch milliseconds`. */
export function epochName(unit: EpochUnit): string {
  return `epoch ${words[unit]}`;
}

/** More digits than the last microsecond of year 9999 has. */
const tooManyDigits = 19;

/**
 * Reads a number of the unit as microseconds; as days, if that is the unit. What is finer is cut off: the moment is the
 * microsecond that it lies in.
 */
export function parseEpoch(text: string, unit: EpochUnit): Parsed<bigint> {
  const [, sign, whole = "", fraction = "", exponent = "0"] = pattern.exec(text) ?? [];
  if (sign === undefined) {
    return refused("wrong_type", `${show(text)} is not a number of ${epochName(unit)}`);
  }
  const zeros = /^0*/.exec(whole + fraction)?.[0].length ?? 0;
  const digits = (whole + fraction).slice(zeros);
  const point = whole.length - zeros + Number(exponent) + scales[unit];
  if (digits === "") {
    return { ok: true, value: 0n };
  }
  if (point > tooManyDigits) {
    return refused("out_of_range", `${show(text)} is too large`);
  }
  const end = Math.max(0, point);
  const rest = digits.slice(end);
  if (unit === "d" && /[1-9]/.test(rest)) {
    return refused("wrong_type", `${show(text)} is not a whole number of days`);
  }
  const size = BigInt(digits.slice(0, end).padEnd(end, "0") || "0");
  return { ok: true, value: sign === "" ? size : -size - (/[1-9]/.test(rest) ? 1n : 0n) };
}

/** Says that a number is not in the years 0001 to 9999, and in which unit it would be. */
export function outOfRange(text: string, unit: EpochUnit): string {
  const likely = momentUnits.find((other) => {
    const parsed = other === unit ? undefined : parseEpoch(text, other);
    return parsed?.ok === true && parsed.value > 0n && parsed.value < usualEnd;
  });
  const guess = likely === undefined ? "" : `; are these ${words[likely]}?`;
  return `${show(text)} ${words[unit]} are outside the years 0001 to 9999 in UTC${guess}`;
}

/** 2100-01-01. */
const usualEnd = 4_102_444_800_000_000n;
