/** json: any JSON value, as its canonical text. */
import { canonicalJson, type JsonValue, parseJson } from "../decode/json.ts";
import { jsonBound, utf8Bound } from "./bounds.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import type { TypeDefinition } from "./type-definition.ts";

export const jsonType = {
  examples: [{ kind: "json" }],
  // Equal values can be written differently: 1.0 and 1.
  conditions: "none",
  isExact: false,
  isPartitioning: false,
  jsonForm: "any",
  name: () => "json",
  parse,
  fromJson: (found) => ({ ok: true, value: canonicalJson(found) }),
  readings: [],
  jsonSchema: () => ({ type: ["object", "array", "string", "number", "boolean"] }),
  format: String,
  extremes: () => ["1", '{"a":1}', '"x"', '""', "[]", "1.50", '"\\ud83d"'],
  sample: ({ random }) => `{"note":"sample ${random.hex(4)}"}`,
  duckDb: () => "VARCHAR",
  glue: () => "string",
  athena: () => "varchar",
  fromAthenaText: (text) => text,
  delta: () => "string",
  deltaBound: jsonBound,
  iceberg: () => "string",
  icebergBound: utf8Bound,
} satisfies TypeDefinition<{ readonly kind: "json" }, string>;

function parse(text: string): Parsed<string> {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch {
    return refused("wrong_type", `${show(text)} is not JSON`);
  }
  return { ok: true, value: canonicalJson(value) };
}
