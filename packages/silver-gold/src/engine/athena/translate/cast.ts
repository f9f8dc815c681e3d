/** Casts. Each has DuckDB's rounding, also where Athena's own cast rounds in another way. */
import { literal } from "@lakehouse/formats/sql-text";
import { leaveIt, Refused } from "./refused.ts";
import { athenaType, decimalOf, type Family, familyOf } from "./types.ts";

/** The digits of a whole number that a double always holds. */
const exactDigits = 15;
/** 2^53: DuckDB divides whole numbers up to this one by a power of ten, and splits others. */
const largestExact = 9_007_199_254_740_992n;

/** Decimals with more digits have 128 bits in DuckDB. */
const shortDigits = 18;
const halfOfWide = 2n ** 64n;

type Conversion = (sql: string, from: string, to: string) => string;

const plain: Conversion = (sql, _, to) => `CAST(${sql} AS ${athenaType(to)})`;
const same: Conversion = (sql) => sql;

/** By the families of both types. Any other pair is refused. */
const conversions: { readonly [F in Family]?: { readonly [T in Family]?: Conversion } } = {
  boolean: { integer: plain, text: plain },
  integer: {
    ...{ boolean: plain, integer: plain, decimal: plain, text: plain },
    double: (sql, from) => (from === "HUGEINT" ? wideToDouble(sql) : `CAST(${sql} AS DOUBLE)`),
  },
  decimal: { integer: plain, decimal: plain, double: decimalToDouble, text: decimalToText },
  double: { integer: doubleToInteger, decimal: doubleToDecimal },
  text: { integer: plain, decimal: plain, date: plain },
  json: { text: same },
  uuid: { text: same },
  date: { timestamp: plain, text: plain },
  timestamp: { date: plain, text: timestampToText },
};

/**
 * A value as another type.
 *
 * @param from Its type in DuckDB.
 * @throws Refused if Athena may give another value.
 */
export function castTo(sql: string, from: string, to: string): string {
  if (from === to) {
    return sql;
  }
  const source = familyOf(from);
  const target = familyOf(to);
  if (source === "null") {
    return `CAST(NULL AS ${athenaType(to)})`;
  }
  const conversion = conversions[source]?.[target];
  if (conversion === undefined) {
    throw new Refused(`a cast from ${from} to ${to} may differ in Athena`, hintOf(source, target));
  }
  return conversion(sql, from, to);
}

function hintOf(source: Family, target: Family): string {
  if (source === "double" && target === "text") {
    return "Athena writes 0.5 as 5.0E-1. Cast it to a decimal first.";
  }
  if (source === "text" && target === "timestamp") {
    return "Athena ignores a time zone in the text. Declare the column as a timestamp in its contract.";
  }
  return leaveIt;
}

/** The number as a double: whole units of its last digit, or its whole part and its fraction apart. */
function decimalToDouble(sql: string, from: string): string {
  const { width, scale } = decimalOf(from) ?? { width: 0, scale: 0 };
  const isWide = width > shortDigits;
  if (width <= exactDigits || scale === 0) {
    return isWide ? wideToDouble(sql) : `CAST(${sql} AS DOUBLE)`;
  }
  if (scale > exactDigits) {
    throw new Refused(
      `a ${from} as a double may differ in its last digit in Athena`,
      `Round it to at most ${exactDigits} digits after the point.`,
    );
  }
  const bound = point(largestExact, scale);
  const truncated = `truncate(${sql})`;
  const whole = isWide ? wideToDouble(truncated) : `CAST(${truncated} AS DOUBLE)`;
  const fraction = `CAST(CAST(${sql} - truncate(${sql}) AS DECIMAL(${scale + 1}, ${scale})) AS DOUBLE)`;
  return `IF(abs(${sql}) <= DECIMAL '${bound}', CAST(${sql} AS DOUBLE), ${whole} + ${fraction})`;
}

/**
 * A whole number of up to 128 bits as the double that DuckDB makes of it: the sum of its two halves, each rounded. Athena rounds once,
 * to the nearest double.
 */
function wideToDouble(sql: string): string {
  const number = `CAST(${sql} AS DECIMAL(38, 0))`;
  const half = `DECIMAL '${halfOfWide}'`;
  const rest = `${number} % ${half}`;
  const lower = `IF(${rest} < 0, ${rest} + ${half}, ${rest})`;
  const upper = `CAST((${number} - ${lower}) / ${half} AS DOUBLE) * DOUBLE '${halfOfWide}'`;
  return (
    `CASE WHEN abs(${number}) <= ${largestExact} THEN CAST(${number} AS DOUBLE) ` +
    `WHEN ${number} < 0 AND ${number} >= -${half} THEN -CAST(-${number} - 1 AS DOUBLE) - DOUBLE '1' ` +
    `ELSE CAST(${lower} AS DOUBLE) + ${upper} END`
  );
}

/** A whole number with a point in front of its last digits. */
function point(value: bigint, scale: number): string {
  const digits = String(value).padStart(scale + 1, "0");
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** All digits of a decimal, as a whole number. */
export function unscaled(sql: string, type: string): string {
  const { scale } = decimalOf(type) ?? { scale: 0 };
  return scale === 0 ? sql : `CAST(${sql} * DECIMAL '1${"0".repeat(scale)}' AS DECIMAL(38, 0))`;
}

/** DuckDB writes no zero in front of the point if the type has no place for it. */
function decimalToText(sql: string, from: string): string {
  const { width, scale } = decimalOf(from) ?? { width: 0, scale: 0 };
  if (width === scale) {
    throw new Refused(
      `a ${from} as text has no zero in front of its point in DuckDB`,
      `Cast it to decimal(${width + 1}, ${scale}) first.`,
    );
  }
  return `CAST(${sql} AS VARCHAR)`;
}

/** DuckDB rounds halves to the even number, Athena away from zero. */
function doubleToInteger(sql: string, _: string, to: string): string {
  if (to === "HUGEINT") {
    throw new Refused("a double as a hugeint may differ in Athena", "Cast it to bigint.");
  }
  const even = `IF(${sql} - floor(${sql}) = DOUBLE '0.5', 2 * round(${sql} / 2), ${sql})`;
  return `CAST(${even} AS ${athenaType(to)})`;
}

/** DuckDB multiplies the double and rounds it. Athena rounds its digits. */
function doubleToDecimal(sql: string, _: string, to: string): string {
  const { width, scale } = decimalOf(to) ?? { width: 0, scale: 0 };
  if (width > 18) {
    throw new Refused(
      `a double as a ${to} may differ in Athena`,
      `Cast it to decimal(18, ${scale}).`,
    );
  }
  const unit = scale === 0 ? "1" : point(1n, scale);
  const digits = `CAST(CAST(round(${sql} * DOUBLE '1E${scale}') AS BIGINT) AS DECIMAL(19, 0))`;
  return `CAST(${digits} * DECIMAL '${unit}' AS ${athenaType(to)})`;
}

/** DuckDB leaves out zeros at the end of the fraction. */
function timestampToText(sql: string): string {
  return `regexp_replace(CAST(${sql} AS VARCHAR), ${literal("\\.?0+$")})`;
}

/** What a text as written must look like, so that both engines read it alike. */
const spellings: { readonly [F in Family]?: RegExp } = {
  boolean: /^(?:t|f|true|false)$/i,
  integer: /^-?\d{1,38}$/,
  decimal: /^-?\d{1,38}(?:\.\d{1,38})?$/,
  double: /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i,
  date: /^\d{4}-\d{2}-\d{2}$/,
  uuid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  timestamp: /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)?$/,
};

/**
 * A text as written, as a value of another type: `date '2026-01-01'`.
 *
 * @throws Refused if the engines may read it differently.
 */
export function literalAs(text: string, to: string): string {
  const family = familyOf(to);
  if (family === "text") {
    return literal(text);
  }
  if (spellings[family]?.test(text) !== true) {
    throw new Refused(
      `${literal(text)} as a ${to} may be read differently in Athena`,
      "Write dates as 2026-01-31, timestamps as 2026-01-31 10:00:00, and numbers with digits only.",
    );
  }
  switch (family) {
    case "boolean":
      return /^t/i.test(text) ? "TRUE" : "FALSE";
    case "date":
      return `DATE ${literal(text)}`;
    case "timestamp":
      return timestampLiteral(text);
    default:
      return `CAST(${literal(text)} AS ${athenaType(to)})`;
  }
}

function timestampLiteral(text: string): string {
  const [date = "", time = "00:00:00"] = text.split(/[ T]/);
  const [clock = "", fraction = ""] = time.split(".");
  const whole = clock.length === 5 ? `${clock}:00` : clock;
  return `TIMESTAMP '${date} ${whole}.${fraction.padEnd(6, "0")}'`;
}
