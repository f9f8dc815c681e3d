/** date: a calendar date, as a bigint of days since 1970-01-01. */
import { int32Bytes } from "./bounds.ts";
import { dateText, dayNumber, firstDay, lastDay } from "./calendar.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";

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
  const days = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return days === undefined
    ? refused("impossible_date", `there is no such date: ${show(text)}`)
    : { ok: true, value: BigInt(days) };
}
