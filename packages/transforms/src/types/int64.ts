/** int64: a whole number of 64 bits, as a bigint. */
import { int64Bytes } from "./bounds.ts";
import { integerFromJson, integerSchema, parseInteger } from "./integer.ts";
import { textOptions } from "./reading.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";

export const int64Type = {
  examples: [{ kind: "int64" }],
  conditions: "order",
  isExact: true,
  isPartitioning: false,
  jsonForm: "number",
  name: () => "int64",
  parse: (text) => parseInteger(text, 64),
  fromJson: (found) => integerFromJson(found, 64),
  readings: textOptions,
  jsonSchema: (_, bounds) => integerSchema(bounds, 64),
  format: String,
  extremes: () => [-(2n ** 63n), 2n ** 63n - 1n],
  sample: (request) => sampleInteger(request, [0n, 999n]),
  sampleKey: (seed, index) => BigInt(seed) * 1_000_000_000n + BigInt(index + 1),
  duckDb: () => "BIGINT",
  glue: () => "bigint",
  athena: () => "bigint",
  fromAthenaText: (text) => `cast(${text} as bigint)`,
  delta: () => "long",
  deltaBound: String,
  iceberg: () => "long",
  icebergBound: int64Bytes,
} satisfies TypeDefinition<{ readonly kind: "int64" }, bigint>;
