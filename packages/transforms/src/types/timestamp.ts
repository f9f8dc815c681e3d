/** timestamp: a moment, as a bigint of microseconds since 1970-01-01T00:00:00Z. */
import { int64Bytes } from "./bounds.ts";
import {
  firstMoment as first,
  lastMoment as last,
  modulo,
  momentJson,
  momentSchema,
  parseMoment,
  readMoment,
  timestampText,
} from "./moment.ts";
import { textOptions } from "./reading.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";

/** 2024 and 2025. */
const usualMoments = [1_704_067_200_000_000n, 1_767_225_599_999_999n] as const;

export const timestampType = {
  examples: [{ kind: "timestamp" }],
  conditions: "order",
  isExact: true,
  isPartitioning: true,
  jsonForm: "string",
  name: () => "timestamp",
  parse: (text) => parseMoment(text),
  fromJson: (found) => (typeof found === "string" ? parseMoment(found) : undefined),
  readings: [...textOptions, "coerce", "epoch", "patterns", "assumedOffset"],
  fromJsonAs: readMoment,
  toJsonAs: momentJson,
  jsonSchema: (reading, { minimum = first, maximum = last }) =>
    momentSchema(reading, [minimum, maximum]),
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
