/** Moments, as microseconds since 1970-01-01T00:00:00Z: read in every spelling that a contract can name. */
import { type JsonValue, numberSource } from "../decode/json.ts";
import { dayNumber, firstDay, lastDay } from "./calendar.ts";
import {
  formatPattern,
  parsePattern,
  patternsExpression,
  type WrittenMoment,
} from "./date-pattern.ts";
import { epochName, epochScale, outOfRange, parseEpoch } from "./epoch.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import type { Reading } from "./reading.ts";
import { numberExpression, type ValueSchema } from "./value-schema.ts";

const rfc3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:?\d{2})?$/;

/** The microseconds of a day. */
export const microsecondsPerDay = 86_400_000_000n;
/** 0001-01-01T00:00:00Z. */
export const firstMoment = firstDay * microsecondsPerDay;
/** 9999-12-31T23:59:59.999999Z. */
export const lastMoment = (lastDay + 1n) * microsecondsPerDay - 1n;

/**
 * Reads RFC 3339 with any offset. A time finer than a microsecond is refused.
 *
 * @param assumedOffset The offset of a time without one. Without it, such a time is refused.
 */
export function parseMoment(text: string, assumedOffset?: string): Parsed<bigint> {
  const match = rfc3339.exec(text);
  const offset = match?.[8] ?? assumedOffset;
  if (match === null || offset === undefined) {
    return refused("wrong_type", `${show(text)} is not a timestamp with an offset (RFC 3339)`);
  }
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 7)
    .map(Number);
  const fraction = match[7] ?? "";
  return momentOf({ year, month, day, hours, minutes, seconds, fraction, offset }, text, offset);
}

/** The moment that is written, if it exists. */
function momentOf(
  { year, month, day, hours, minutes, seconds, fraction }: WrittenMoment,
  text: string,
  offset: string,
): Parsed<bigint> {
  const days = dayNumber(year, month, day);
  const shift = offsetMinutes(offset);
  if (days === undefined || shift === undefined || hours > 23 || minutes > 59 || seconds > 59) {
    return refused("impossible_date", `there is no such date and time: ${show(text)}`);
  }
  if (/[1-9]/.test(fraction.slice(6))) {
    return refused("too_many_decimal_places", `${show(text)} is finer than a microsecond`);
  }
  const wholeSeconds = days * 86_400 + hours * 3_600 + (minutes - shift) * 60 + seconds;
  const value = BigInt(wholeSeconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
  return value >= firstMoment && value <= lastMoment
    ? { ok: true, value }
    : refused("out_of_range", `${show(text)} is outside the years 0001 to 9999 in UTC`);
}

/** The minutes of `Z`, `+05:30` or `+0530`. @returns undefined if there is no such offset. */
function offsetMinutes(offset: string): number | undefined {
  const [, sign, hours = 0, minutes = 0] = /^([+-])(\d{2}):?(\d{2})$/.exec(offset) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) {
    return undefined;
  }
  return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
}

/** Reads a JSON value as a column's options say. @returns undefined if it has another JSON form. */
export function readMoment(found: JsonValue, reading: Reading): Parsed<bigint> | undefined {
  const { epoch, patterns, assumedOffset } = reading;
  if (epoch !== undefined) {
    return readEpoch(found, reading);
  }
  if (typeof found !== "string") {
    return undefined;
  }
  return patterns === undefined
    ? parseMoment(found, assumedOffset)
    : readPatterns(found, patterns, (written) => {
        const offset = written.offset ?? assumedOffset;
        return offset === undefined ? undefined : momentOf(written, found, offset);
      });
}

/** Reads a number of the unit as microseconds; as days, if that is the unit. */
export function readEpoch(
  found: JsonValue,
  { epoch = "us", coerce }: Reading,
): Parsed<bigint> | undefined {
  const source = typeof found === "string" && coerce === true ? found : numberSource(found);
  if (source === undefined) {
    return typeof found === "string"
      ? refused(
          "wrong_type",
          `the string ${show(found)} is not a number of ${epochName(epoch)}; coerce() accepts strings of digits`,
        )
      : undefined;
  }
  const parsed = parseEpoch(source, epoch);
  const [first, last] = epoch === "d" ? [firstDay, lastDay] : [firstMoment, lastMoment];
  const isOutside = parsed.ok
    ? parsed.value < first || parsed.value > last
    : parsed.rule === "out_of_range";
  return isOutside ? refused("out_of_range", outOfRange(source, epoch)) : parsed;
}

/** Reads a string by the first pattern that fits. */
export function readPatterns(
  text: string,
  patterns: readonly string[],
  read: (written: WrittenMoment) => Parsed<bigint> | undefined,
): Parsed<bigint> {
  for (const pattern of patterns) {
    const written = parsePattern(text, pattern);
    const parsed = written && read(written);
    if (parsed !== undefined) {
      return parsed;
    }
  }
  return refused("wrong_type", `${show(text)} is not written ${patterns.join(" or ")}`);
}

/** A moment as JSON that `readMoment` reads. A pattern leaves out what it has no field for. */
export function momentJson(value: bigint, { epoch, patterns, assumedOffset }: Reading): string {
  if (epoch !== undefined) {
    return scaledText(value, epochScale(epoch));
  }
  const [pattern] = patterns ?? [];
  if (pattern === undefined) {
    return JSON.stringify(timestampText(value));
  }
  const shift = offsetMinutes(assumedOffset ?? "Z") ?? 0;
  const local = timestampText(value + BigInt(shift) * 60_000_000n);
  const written = parsePattern(local, "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX");
  return JSON.stringify(
    written === undefined ? local : formatPattern(pattern, { ...written, offset: assumedOffset }),
  );
}

/** The JSON that `readMoment` reads, from the first to the last of these moments. */
export function momentSchema(
  reading: Reading,
  [first, last]: readonly [bigint, bigint],
): ValueSchema {
  const { epoch, patterns, assumedOffset, coerce } = reading;
  if (epoch !== undefined) {
    return {
      type: coerce === true ? ["number", "string"] : ["number"],
      expression: numberExpression,
      minimum: momentJson(first, { epoch }),
      // What is finer than a microsecond is cut off, so the last moment is one that is later.
      maximum: momentJson(last + 1n, { epoch }),
    };
  }
  if (patterns !== undefined) {
    return { type: ["string"], expression: patternsExpression(reading) };
  }
  const offset = "(?:[Zz]|[+-]\\d{2}:?\\d{2})";
  const expression = `\\d{4}-\\d{2}-\\d{2}[Tt ]\\d{2}:\\d{2}:\\d{2}(?:\\.\\d+)?${offset}`;
  return assumedOffset === undefined
    ? { type: ["string"], format: "date-time", expression }
    : { type: ["string"], expression: `${expression}?` };
}

/** A number of microseconds, with its point moved `scale` places to the left. */
function scaledText(value: bigint, scale: number): string {
  if (scale <= 0) {
    return `${value}${value === 0n ? "" : "0".repeat(-scale)}`;
  }
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  const text = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`.replace(/\.?0+$/, "");
  return value < 0n ? `-${text}` : text;
}

/** `yyyy-MM-ddTHH:mm:ss.ffffffZ`. */
export function timestampText(microseconds: bigint): string {
  const rest = modulo(microseconds, 1_000n);
  const text = new Date(Number((microseconds - rest) / 1_000n)).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

/** The remainder that is not negative. */
export function modulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}
