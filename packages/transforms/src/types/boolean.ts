/** boolean: true or false, as a boolean. */
import { type Parsed, refused, show } from "./parsed.ts";
import { textOptions } from "./reading.ts";
import type { TypeDefinition } from "./type-definition.ts";
import { inAnyCase } from "./value-schema.ts";

export const booleanType = {
  examples: [{ kind: "boolean" }],
  conditions: "equality",
  isExact: true,
  isPartitioning: false,
  jsonForm: "boolean",
  name: () => "boolean",
  parse,
  fromJson(found) {
    if (typeof found === "boolean") {
      return { ok: true, value: found };
    }
    return typeof found === "string" ? parse(found) : undefined;
  },
  readings: textOptions,
  jsonSchema: ({ letters }) => ({
    type: ["boolean", "string"],
    expression: letters === undefined ? "true|false" : `${inAnyCase("true")}|${inAnyCase("false")}`,
  }),
  format: String,
  extremes: () => [false, true],
  sample: ({ random }) => random.chance(0.5),
  duckDb: () => "BOOLEAN",
  glue: () => "boolean",
  athena: () => "boolean",
  fromAthenaText: (text) => `cast(${text} as boolean)`,
  delta: () => "boolean",
  // No writer of Delta gives bounds of booleans.
  deltaBound: () => undefined,
  iceberg: () => "boolean",
  icebergBound: (value) => Uint8Array.of(value ? 1 : 0),
} satisfies TypeDefinition<{ readonly kind: "boolean" }, boolean>;

function parse(text: string): Parsed<boolean> {
  return text === "true" || text === "false"
    ? { ok: true, value: text === "true" }
    : refused("wrong_type", `${show(text)} is not true or false`);
}
