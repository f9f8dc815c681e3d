/** decimal: an exact decimal number, as its unscaled bigint. 12.50 with scale 2 is 1250n. */
import { shortestBytes } from "./bounds.ts";
import { exactNumber, scaledInteger } from "./number.ts";
import { type Parsed, refused, show } from "./parsed.ts";
import { textOptions } from "./reading.ts";
import { sampleInteger } from "./sample.ts";
import type { TypeDefinition } from "./type-definition.ts";
import { numberSchema } from "./value-schema.ts";

/** `precision` is the total number of digits, `scale` the number of digits after the point. */
export interface DecimalType {
  readonly kind: "decimal";
  readonly precision: number;
  readonly scale: number;
}

const maximumPrecision = 38;
/** DuckDB and Arrow hold decimals with this many digits in 64 bits. */
const narrowPrecision = 18;
/** A double holds every number with this many digits. */
const doubleDigits = 15;

export const decimalType = {
  examples: [
    { kind: "decimal", precision: 18, scale: 2 },
    { kind: "decimal", precision: 1, scale: 0 },
    { kind: "decimal", precision: 1, scale: 1 },
    { kind: "decimal", precision: narrowPrecision, scale: narrowPrecision },
    { kind: "decimal", precision: narrowPrecision + 1, scale: 2 },
    { kind: "decimal", precision: maximumPrecision, scale: 0 },
    { kind: "decimal", precision: maximumPrecision, scale: 4 },
    { kind: "decimal", precision: maximumPrecision, scale: maximumPrecision },
  ],
  conditions: "order",
  isExact: true,
  isPartitioning: false,
  jsonForm: "number",
  name,
  mistake({ precision, scale }) {
    if (!Number.isInteger(precision) || precision < 1 || precision > maximumPrecision) {
      return {
        problem: `precision ${precision} is not allowed`,
        hint: `Use a whole number from 1 to ${maximumPrecision}.`,
      };
    }
    return Number.isInteger(scale) && scale >= 0 && scale <= precision
      ? undefined
      : {
          problem: `scale ${scale} is not allowed`,
          hint: `Use a whole number from 0 to ${precision}.`,
        };
  },
  parse,
  fromJson: (found, type) => exactNumber(found, (text) => parse(text, type)),
  readings: textOptions,
  jsonSchema(_, { minimum, maximum }, { precision, scale }) {
    const largest = 10n ** BigInt(precision) - 1n;
    const bounds = [minimum ?? -largest, maximum ?? largest] as const;
    const [low, high] = bounds.map((bound) => decimalText(bound, scale));
    return numberSchema(scale === 0 ? "integer" : "number", low, high);
  },
  format: (value, { scale }) => decimalText(value, scale),
  extremes({ precision }) {
    const largest = 10n ** BigInt(precision) - 1n;
    return [-largest, largest];
  },
  sample: (request, { precision, scale }) =>
    sampleInteger(request, [0n, 10n ** BigInt(Math.min(precision, scale + 3)) - 1n]),
  duckDb: sqlName,
  // DuckDB casts text to wide decimals a hundred times more slowly than to 64-bit ones, which most values fit.
  fromDuckDbCsv(column, type) {
    const { precision, scale } = type;
    if (precision <= narrowPrecision || scale > narrowPrecision) {
      return undefined;
    }
    const narrow = sqlName({ ...type, precision: narrowPrecision });
    const wide = sqlName(type);
    return {
      type: "VARCHAR",
      value: `coalesce(cast(try_cast(${column} as ${narrow}) as ${wide}), cast(${column} as ${wide}))`,
    };
  },
  // DuckDB leaves out the zero in front of the point, if the type has no digit there.
  toDuckDbCsv: (column, { precision, scale }) =>
    precision === scale
      ? `regexp_replace(cast(${column} as VARCHAR), '^(-?)\\.', '\\10.')`
      : undefined,
  glue: name,
  athena: name,
  fromAthenaText: (text, type) => `cast(${text} as ${name(type)})`,
  delta: name,
  // Trino compares it as a double. A number that a double can't hold would hide rows.
  deltaBound: (value, _, { scale }) =>
    digitsOf(value) > doubleDigits ? undefined : decimalText(value, scale),
  iceberg: ({ precision, scale }) => `decimal(${precision}, ${scale})`,
  icebergBound: shortestBytes,
} satisfies TypeDefinition<DecimalType, bigint>;

function name({ precision, scale }: DecimalType): string {
  return `decimal(${precision},${scale})`;
}

function sqlName({ precision, scale }: DecimalType): string {
  return `DECIMAL(${precision},${scale})`;
}

/** Reads a decimal with at most `scale` places and `precision` digits in all; nothing is rounded. */
function parse(text: string, type: DecimalType): Parsed<bigint> {
  const { precision, scale } = type;
  const parsed = scaledInteger(text, scale, precision + 1);
  if (!parsed.ok) {
    return parsed;
  }
  return digitsOf(parsed.value) > precision
    ? refused("out_of_range", `${show(text)} does not fit in ${name(type)}`)
    : parsed;
}

/** How many digits the unscaled number has. */
function digitsOf(value: bigint): number {
  return String(value < 0n ? -value : value).length;
}

/** The number with exactly `scale` places. */
export function decimalText(value: bigint, scale: number): string {
  if (scale === 0) {
    return String(value);
  }
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
