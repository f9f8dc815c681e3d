/** Numbers, sizes and times as people read them. */
import prettyBytes from "pretty-bytes";

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const amount = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const dateTime = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
const dayOnly = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });

/** `12,345` */
export function formatCount(count: number): string {
  return whole.format(count);
}

/** `12.3K`, for charts. */
export function formatShort(value: number): string {
  return short.format(value);
}

/** `12,345 rows`, `1 row` */
export function formatCountOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `1.5 MiB`, as the command prints it. */
export function formatBytes(bytes: number): string {
  return prettyBytes(bytes, { binary: true, maximumFractionDigits: 1 });
}

/** `27 Nov 2026, 06:00 UTC` */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : `${dateTime.format(date)} UTC`;
}

/** `27 Nov 2026` */
export function formatDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? day : dayOnly.format(date);
}

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `5 minutes ago`. @param now The time that it is compared with, as ISO 8601. */
export function formatAge(iso: string, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(iso)) / 1_000;
  if (Number.isNaN(seconds)) {
    return iso;
  }
  const [unit, length] = units.find(([, each]) => seconds >= each) ?? ["minute", 60];
  const count = Math.floor(seconds / length);
  return count < 1 ? "just now" : relative.format(-count, unit);
}

/** `0.8 s` */
export function formatMilliseconds(milliseconds: number): string {
  return milliseconds < 1_000
    ? `${whole.format(Math.round(milliseconds))} ms`
    : `${amount.format(milliseconds / 1_000)} s`;
}
