/** date: a calendar date, as a bigint of days since 1970-01-01. */
import type { JsonValue } from "../decode/json.ts";
import { int32Bytes } from "./bounds.ts";
import { dateText, dayNumber, firstDay, lastDay } from "./calendar.ts";
import { patternsExpression } from "./date-pattern.ts";
import {
  microsecondsPerDay,
  modulo,
  momentJson,
  momentSchema,
  readEpoch,
  readMoment,
  readPatterns,
} from "./moment.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { type Reading, textOptions } from "./reading.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";
import { numberExpression, type SchemaBounds, type ValueSchema } from "./value-schema.ts";

const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;
/** 2024 and 2025. */
const usualDays = [19_723n, 20_453n] as const;

export const dateType = {
  examples: [{ kind: "date" }],
  conditions: "order",
  isExact: true,
  isPartitioning: true,
  jsonForm: "string",
  name: () => "date",
  parse,
  fromJson: (found) => (typeof found === "string" ? parse(found) : undefined),
  readings: [...textOptions, "coerce", "epoch", "patterns", "assumedOffset", "fromTimestamp"],
  fromJsonAs: readDate,
  toJsonAs: dateJson,
  jsonSchema: dateSchema,
  format: dateText,
  extremes: () => [firstDay, lastDay],
  sample: (request) => sampleInteger(request, usualDays),
  duckDb: () => "DATE",
  duckDbValues: (column) => ({
    condition: `${column} between DATE '${dateText(firstDay)}' and DATE '${dateText(lastDay)}'`,
    description: `dates from ${dateText(firstDay)} to ${dateText(lastDay)}`,
  }),
  glue: () => "date",
  athena: () => "date",
  fromAthenaText: (text) => `cast(${text} as date)`,
  delta: () => "date",
  deltaBound: (days) => `"${dateText(days)}"`,
  iceberg: () => "date",
  icebergBound: int32Bytes,
} satisfies TypeDefinition<{ readonly kind: "date" }, bigint>;

/** Reads `yyyy-MM-dd`. */
function parse(text: string): Parsed<bigint> {
  const match = pattern.exec(text);
  if (match === null) {
    return refused("wrong_type", `${show(text)} is not a date (yyyy-MM-dd)`);
  }
  return dayOf(text, Number(match[1]), Number(match[2]), Number(match[3]));
}

function dayOf(text: string, year: number, month: number, day: number): Parsed<bigint> {
  const days = dayNumber(year, month, day);
  return days === undefined
    ? refused("impossible_date", `there is no such date: ${show(text)}`)
    : { ok: true, value: BigInt(days) };
}

/** Reads a JSON value as a column's options say. */
function readDate(found: JsonValue, reading: Reading): Parsed<bigint> | undefined {
  const { epoch, patterns, fromTimestamp } = reading;
  if (epoch === "d") {
    return readEpoch(found, reading);
  }
  if (epoch !== undefined || fromTimestamp === true) {
    const moment = readMoment(found, reading);
    return moment?.ok === true ? { ok: true, value: dayOfMoment(moment.value) } : moment;
  }
  if (typeof found !== "string") {
    return undefined;
  }
  return patterns === undefined
    ? parse(found)
    : readPatterns(found, patterns, ({ year, month, day }) => dayOf(found, year, month, day));
}

/** The day, in UTC. */
function dayOfMoment(moment: bigint): bigint {
  return (moment - modulo(moment, microsecondsPerDay)) / microsecondsPerDay;
}

/** The JSON that `readDate` reads. */
function dateSchema(
  reading: Reading,
  { minimum = firstDay, maximum = lastDay }: SchemaBounds<bigint>,
): ValueSchema {
  const { epoch, patterns, fromTimestamp, coerce } = reading;
  if (epoch === "d") {
    return {
      type: coerce === true ? ["integer", "string"] : ["integer"],
      expression: numberExpression,
      minimum: String(minimum),
      maximum: String(maximum),
    };
  }
  if (epoch !== undefined || fromTimestamp === true) {
    const end = (maximum + 1n) * microsecondsPerDay - 1n;
    return momentSchema(reading, [minimum * microsecondsPerDay, end]);
  }
  return patterns === undefined
    ? { type: ["string"], format: "date", expression: "\\d{4}-\\d{2}-\\d{2}" }
    : { type: ["string"], expression: patternsExpression(reading) };
}

/** A date as JSON that `readDate` reads. */
function dateJson(days: bigint, reading: Reading): string {
  const { epoch, patterns, fromTimestamp } = reading;
  if (epoch === "d") {
    return String(days);
  }
  return epoch !== undefined || fromTimestamp === true || patterns !== undefined
    ? momentJson(days * microsecondsPerDay, reading)
    : JSON.stringify(dateText(days));
}
