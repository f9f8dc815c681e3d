/** Dates as days since 1970-01-01, in the proleptic Gregorian calendar, years 0001 to 9999. */

const millisecondsPerDay = 86_400_000;

/** Days since 1970-01-01, or undefined if there is no such day. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year >= 1;
  return exists ? date.getTime() / millisecondsPerDay : undefined;
}

/** 0001-01-01. */
export const firstDay = -719_162n;
/** 9999-12-31. */
export const lastDay = 2_932_896n;

/** `yyyy-MM-dd`. */
export function dateText(days: bigint): string {
  return new Date(Number(days) * millisecondsPerDay).toISOString().slice(0, 10);
}
