/**
 * uuid: a UUID, as its canonical text in lower case.
 *
 * It is text in every engine. Athena and Glue have a UUID type only in Iceberg tables, Polars has none, and Parquet's would
 * be read as 16 bytes. As text the same value is the same bytes in CSV, Parquet and all engines.
 */
import { jsonBound, utf8Bound } from "./bounds.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { textOptions } from "./reading.ts";
import type { TypeDefinition } from "./type-definition.ts";

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const uuidType = {
  examples: [{ kind: "uuid" }],
  conditions: "equality",
  isExact: true,
  isPartitioning: false,
  jsonForm: "string",
  name: () => "uuid",
  parse,
  fromJson: (found) => (typeof found === "string" ? parse(found) : undefined),
  readings: textOptions,
  jsonSchema: () => ({
    type: ["string"],
    format: "uuid",
    expression: "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
  }),
  format: String,
  extremes: () => [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "01234567-89ab-cdef-fedc-ba9876543210",
  ],
  // A random UUID, version 4.
  sample: ({ random }) =>
    `${random.hex(8)}-${random.hex(4)}-4${random.hex(3)}-${random.pick(["8", "9", "a", "b"])}${random.hex(3)}-${random.hex(12)}`,
  duckDb: () => "VARCHAR",
  glue: () => "string",
  athena: () => "varchar",
  fromAthenaText: (text) => text,
  delta: () => "string",
  deltaBound: jsonBound,
  iceberg: () => "string",
  icebergBound: utf8Bound,
} satisfies TypeDefinition<{ readonly kind: "uuid" }, string>;

/** Reads 32 hexadecimal digits in either case, in groups of 8, 4, 4, 4 and 12. */
function parse(text: string): Parsed<string> {
  return pattern.test(text)
    ? { ok: true, value: text.toLowerCase() }
    : refused("wrong_type", `${show(text)} is not a UUID (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx)`);
}
