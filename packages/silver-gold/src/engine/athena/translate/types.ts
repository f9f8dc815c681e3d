/** DuckDB's types, as it names them, in families, and the type in Athena that holds the same values. */
import { leaveIt, Refused } from "./refused.ts";

/** Types that the same functions take. */
export type Family =
  | "boolean"
  | "integer"
  | "decimal"
  | "double"
  | "text"
  | "json"
  | "uuid"
  | "date"
  | "timestamp"
  | "interval"
  | "list"
  | "row"
  | "null";

interface Named {
  readonly family: Family;
  /** The type in Athena. */
  readonly athena: string;
}

const types: Readonly<Record<string, Named>> = {
  BOOLEAN: { family: "boolean", athena: "BOOLEAN" },
  TINYINT: { family: "integer", athena: "TINYINT" },
  SMALLINT: { family: "integer", athena: "SMALLINT" },
  INTEGER: { family: "integer", athena: "INTEGER" },
  BIGINT: { family: "integer", athena: "BIGINT" },
  HUGEINT: { family: "integer", athena: "DECIMAL(38, 0)" },
  DOUBLE: { family: "double", athena: "DOUBLE" },
  VARCHAR: { family: "text", athena: "VARCHAR" },
  // Athena has both as text.
  JSON: { family: "json", athena: "VARCHAR" },
  UUID: { family: "uuid", athena: "VARCHAR" },
  DATE: { family: "date", athena: "DATE" },
  TIMESTAMP: { family: "timestamp", athena: "TIMESTAMP(6)" },
  INTERVAL: { family: "interval", athena: "INTERVAL" },
  NULL: { family: "null", athena: "VARCHAR" },
  '"NULL"': { family: "null", athena: "VARCHAR" },
};

/** Width and scale of a decimal type; undefined for any other. */
export function decimalOf(type: string): { width: number; scale: number } | undefined {
  const [, width, scale] = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type) ?? [];
  return width === undefined ? undefined : { width: Number(width), scale: Number(scale) };
}

/** The name of a decimal type as DuckDB writes it. */
export function decimalType(width: number, scale: number): string {
  return `DECIMAL(${width},${scale})`;
}

/** @throws Refused for a type that Athena has nothing for. */
export function familyOf(type: string): Family {
  return named(type).family;
}

/**
 * The type in Athena.
 *
 * @throws Refused like `familyOf`.
 */
export function athenaType(type: string): string {
  return named(type).athena;
}

function named(type: string): Named {
  const decimal = decimalOf(type);
  if (decimal !== undefined) {
    const { width, scale } = decimal;
    return { family: "decimal", athena: `DECIMAL(${width}, ${scale})` };
  }
  if (type.endsWith("[]")) {
    return { family: "list", athena: `ARRAY(${named(type.slice(0, -2)).athena})` };
  }
  if (/^STRUCT\(/.test(type)) {
    return { family: "row", athena: "ROW" };
  }
  const found = types[type];
  if (found === undefined) {
    throw new Refused(`a value of type ${type} has no equal type in Athena`, hintOf(type));
  }
  return found;
}

function hintOf(type: string): string {
  if (/^U\w*INT|^UHUGEINT/.test(type)) {
    return "Cast it to bigint.";
  }
  if (type === "FLOAT") {
    return "Cast it to double.";
  }
  return type.startsWith("TIMESTAMP") ? "Cast it to timestamp." : leaveIt;
}

/** The family of whole and decimal numbers, which are exact. */
export function isExact(type: string): boolean {
  const family = familyOf(type);
  return family === "integer" || family === "decimal";
}

const integers = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"];

/** The wider of two integer types: the result of arithmetic on them in Athena. */
export function widerInteger(one: string, other: string): string {
  return integers[Math.max(integers.indexOf(one), integers.indexOf(other))] ?? "HUGEINT";
}
