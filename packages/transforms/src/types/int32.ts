/** int32: a whole number of 32 bits, as a bigint. */
import { int32Bytes } from "./bounds.ts";
import { integerFromJson, integerSchema, parseInteger } from "./integer.ts";
import { textOptions } from "./reading.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";

export const int32Type = {
  examples: [{ kind: "int32" }],
  conditions: "order",
  isExact: true,
  isPartitioning: false,
  jsonForm: "number",
  name: () => "int32",
  parse: (text) => parseInteger(text, 32),
  fromJson: (found) => integerFromJson(found, 32),
  readings: textOptions,
  jsonSchema: (_, bounds) => integerSchema(bounds, 32),
  format: String,
  extremes: () => [-(2n ** 31n), 2n ** 31n - 1n],
  sample: (request) => sampleInteger(request, [0n, 999n]),
  duckDb: () => "INTEGER",
  glue: () => "int",
  athena: () => "integer",
  fromAthenaText: (text) => `cast(${text} as integer)`,
  delta: () => "integer",
  deltaBound: String,
  iceberg: () => "int",
  icebergBound: int32Bytes,
} satisfies TypeDefinition<{ readonly kind: "int32" }, bigint>;
