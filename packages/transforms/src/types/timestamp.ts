/** timestamp: a moment, as a bigint of microseconds since 1970-01-01T00:00:00Z. */
import { int64Bytes } from "./bounds.ts";
import { dateText, dayNumber, firstDay, lastDay } from "./calendar.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(?:[Zz]|([+-])(\d{2}):?(\d{2}))$/;
const microsecondsPerDay = 86_400_000_000n;
const first = firstDay * microsecondsPerDay;
const last = (lastDay + 1n) * microsecondsPerDay - 1n;
/** 2024 and 2025. */
const usualMoments = [1_704_067_200_000_000n, 1_767_225_599_999_999n] as const;

export const timestampType = {
  examples: [{ kind: "timestamp" }],
  conditions: "order",
  isExact: true,
  isPartitioning: true,
  jsonForm: "string",
  name: () => "timestamp",
  parse,
  fromJson: (found) => (typeof found === "string" ? parse(found) : undefined),
  format: timestampText,
  extremes: () => [first, last],
  sample: (request) => sampleInteger(request, usualMoments),
  duckDb: () => "TIMESTAMP",
  duckDbValues: (column) => ({
    condition: `${column} between make_timestamp(${first}) and make_timestamp(${last})`,
    description: `timestamps from ${timestampText(first)} to ${timestampText(last)}`,
  }),
  glue: () => "timestamp",
  // Athena's plain `timestamp` keeps milliseconds only.
  athena: () => "timestamp(6)",
  fromAthenaText: (text) =>
    `cast(from_iso8601_timestamp_nanos(${text}) at time zone 'UTC' as timestamp(6))`,
  delta: () => "timestamp",
  // Readers expect milliseconds, so a bound is the nearest one outside the values. Year 10000 can't be written.
  deltaBound(value, side) {
    const bound = value - modulo(value, 1_000n);
    const outside = side === "upper" && bound < value ? bound + 1_000n : bound;
    return outside > last ? undefined : `"${timestampText(outside).slice(0, 23)}Z"`;
  },
  iceberg: () => "timestamptz",
  icebergBound: int64Bytes,
} satisfies TypeDefinition<{ readonly kind: "timestamp" }, bigint>;

/** Reads RFC 3339 with any offset. A time without an offset, or finer than a microsecond, is refused. */
function parse(text: string): Parsed<bigint> {
  const shown = show(text);
  const match = pattern.exec(text);
  if (match === null) {
    return refused("wrong_type", `${shown} is not a timestamp with an offset (RFC 3339)`);
  }
  const [year, month, day, hours, minutes, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const days = dayNumber(year, month, day);
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (
    days === undefined ||
    hours > 23 ||
    minutes > 59 ||
    seconds > 59 ||
    offsetHours > 23 ||
    offsetMinutes > 59
  ) {
    return refused("impossible_date", `there is no such date and time: ${shown}`);
  }
  const fraction = match[7] ?? "";
  if (/[1-9]/.test(fraction.slice(6))) {
    return refused("too_many_decimal_places", `${shown} is finer than a microsecond`);
  }
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === "-" ? -1 : 1);
  const wholeSeconds = days * 86_400 + hours * 3_600 + (minutes - offset) * 60 + seconds;
  const value = BigInt(wholeSeconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
  return value >= first && value <= last
    ? { ok: true, value }
    : refused("out_of_range", `${shown} is outside the years 0001 to 9999 in UTC`);
}

/** `yyyy-MM-ddTHH:mm:ss.ffffffZ`. */
export function timestampText(microseconds: bigint): string {
  const inDay = modulo(microseconds, microsecondsPerDay);
  const milliseconds = Number(inDay / 1_000n);
  const time = new Date(milliseconds).toISOString().slice(11, 23);
  const rest = String(inDay % 1_000n).padStart(3, "0");
  return `${dateText((microseconds - inDay) / microsecondsPerDay)}T${time}${rest}Z`;
}

/** The remainder that is not negative. */
function modulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor;
}
