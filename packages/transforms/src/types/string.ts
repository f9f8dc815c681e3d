/** string: text, kept byte for byte, as a string. */
import { jsonBound, utf8Bound } from "./bounds.ts";
import { type Parsed, refused } from "./parsed.ts";
import { textOptions } from "./reading.ts";
import type { TypeDefinition } from "./type-definition.ts";

export const stringType = {
  examples: [{ kind: "string" }],
  conditions: "text",
  isExact: true,
  isPartitioning: false,
  jsonForm: "string",
  name: () => "string",
  parse: (text) => ({ ok: true, value: text }),
  fromJson: (found) => (typeof found === "string" ? plainText(found) : undefined),
  readings: [...textOptions, "coerce"],
  jsonSchema: ({ coerce }) => ({
    type: coerce === true ? ["string", "number", "boolean"] : ["string"],
  }),
  format: String,
  extremes: () => ["", "a", "ab", "b", "é", "007", "NULL", 'a "b",\r\n\\', "漢😀\u{10ffff}"],
  sample: ({ random, column }) =>
    `${column} ${random.pick(["red", "blue", "grün", "黄色"])} ${random.integer(1, 99)}`,
  sampleKey: (seed, index) => `${seed}-${index + 1}`,
  duckDb: () => "VARCHAR",
  glue: () => "string",
  athena: () => "varchar",
  fromAthenaText: (text) => text,
  delta: () => "string",
  deltaBound: jsonBound,
  iceberg: () => "string",
  icebergBound: utf8Bound,
} satisfies TypeDefinition<{ readonly kind: "string" }, string>;

function plainText(text: string): Parsed<string> {
  if (!text.isWellFormed()) {
    return refused("lone_surrogate", "the string holds half a character (a lone surrogate)");
  }
  if (text.includes("\0")) {
    return refused("nul_character", "the string holds a NUL character (U+0000)");
  }
  return { ok: true, value: text };
}
