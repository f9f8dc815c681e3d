/** Calendar dates as days since 1970-01-01, in the proleptic Gregorian calendar, years 0001 to 9999. */
import { type Parsed, refused, show } from "./parsed.ts";

const millisecondsPerDay = 86_400_000;
const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Days since 1970-01-01, or undefined where the calendar has no such day. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1;
  return exists ? date.getTime() / millisecondsPerDay : undefined;
}

/** Reads `yyyy-MM-dd`. */
export function parseDate(text: string): Parsed<bigint> {
  const match = pattern.exec(text);
  if (match === null) {
    return refused("wrong_type", `${show(text)} is not a date (yyyy-MM-dd)`);
  }
  const days = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return days === undefined
    ? refused("impossible_date", `the calendar has no ${text}`)
    : { ok: true, value: BigInt(days) };
}

/** `yyyy-MM-dd`. */
export function dateText(days: bigint): string {
  return new Date(Number(days) * millisecondsPerDay).toISOString().slice(0, 10);
}
