/** float64: an IEEE 754 double, the nearest one to the number written, as a number. */
import { numberSource } from "../decode/json.ts";
import { float64Bytes } from "./bounds.ts";
import { isNumber } from "./number.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { textOptions } from "./reading.ts";
import { sampleBounds } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";
import { numberSchema } from "./value-schema.ts";

/** Both zeros are equal to a reader that looks for 0, but -0.0 is below 0.0 where bounds are compared. */
const zeros = { lower: "-0.0", upper: "0.0" } as const;

export const float64Type = {
  examples: [{ kind: "float64" }],
  conditions: "order",
  // The same number may be rounded differently by different engines.
  isExact: false,
  isPartitioning: false,
  jsonForm: "number",
  name: () => "float64",
  parse,
  fromJson(found) {
    const source = typeof found === "string" ? found : numberSource(found);
    return source === undefined ? undefined : parse(source);
  },
  readings: textOptions,
  jsonSchema: (_, { minimum, maximum }) =>
    numberSchema("number", boundText(minimum), boundText(maximum)),
  format: String,
  extremes: () => [-Number.MAX_VALUE, Number.MAX_VALUE, Number.MIN_VALUE, 0.1, 2 ** 53],
  sample(request) {
    const [low, high] = sampleBounds(
      request,
      [0, 1_000],
      (bound, direction) => bound + 1_000 * direction,
    );
    return low + request.random.fraction() * (high - low);
  },
  duckDb: () => "DOUBLE",
  glue: () => "double",
  athena: () => "double",
  fromAthenaText: (text) => `cast(${text} as double)`,
  delta: () => "double",
  deltaBound(value, side) {
    if (!Number.isFinite(value)) {
      return undefined;
    }
    return value === 0 ? zeros[side] : String(value);
  },
  iceberg: () => "double",
  icebergBound: (value, side) =>
    Number.isFinite(value) ? float64Bytes(value === 0 ? Number(zeros[side]) : value) : undefined,
} satisfies TypeDefinition<{ readonly kind: "float64" }, number>;

function boundText(bound: number | undefined): string | undefined {
  return bound === undefined ? undefined : String(bound);
}

function parse(text: string): Parsed<number> {
  if (!isNumber(text)) {
    return refused("wrong_type", `${show(text)} is not a number`);
  }
  const value = Number(text);
  const lost =
    !Number.isFinite(value) || (value === 0 && /[1-9]/.test(text.split(/[eE]/)[0] ?? ""));
  return lost
    ? refused("out_of_range", `${show(text)} does not fit in float64`)
    : { ok: true, value: value === 0 ? 0 : value };
}
