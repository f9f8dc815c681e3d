/** Comparisons. To DuckDB NaN equals itself and is greater than any other number; to Athena it is neither. */
import { Refused } from "./refused.ts";
import { decimalOf, type Family, familyOf, widerInteger } from "./types.ts";

/** The operators of comparisons, by the parse tree's names. */
export const comparisons = {
  COMPARE_EQUAL: "=",
  COMPARE_NOTEQUAL: "<>",
  COMPARE_LESSTHAN: "<",
  COMPARE_GREATERTHAN: ">",
  COMPARE_LESSTHANOREQUALTO: "<=",
  COMPARE_GREATERTHANOREQUALTO: ">=",
  COMPARE_DISTINCT_FROM: "IS DISTINCT FROM",
  COMPARE_NOT_DISTINCT_FROM: "IS NOT DISTINCT FROM",
} as const;

/** An operator of a comparison. */
export type Operator = (typeof comparisons)[keyof typeof comparisons];

/** Of doubles. */
const ofDoubles: { readonly [O in Operator]: (left: string, right: string) => string } = {
  "=": (left, right) => `(${left} = ${right} OR (is_nan(${left}) AND is_nan(${right})))`,
  "<>": (left, right) => `(NOT ${ofDoubles["="](left, right)})`,
  "<": (left, right) => `(${left} < ${right} OR (is_nan(${right}) AND NOT is_nan(${left})))`,
  ">": (left, right) => ofDoubles["<"](right, left),
  "<=": (left, right) => `(NOT ${ofDoubles["<"](right, left)})`,
  ">=": (left, right) => `(NOT ${ofDoubles["<"](left, right)})`,
  // These take NaN as equal to itself.
  "IS DISTINCT FROM": (left, right) => `(${left} IS DISTINCT FROM ${right})`,
  "IS NOT DISTINCT FROM": (left, right) => `(${left} IS NOT DISTINCT FROM ${right})`,
};

/** A comparison of two values of one type. */
export function compare(operator: Operator, left: string, right: string, type: string): string {
  return familyOf(type) === "double"
    ? ofDoubles[operator](left, right)
    : `(${left} ${operator} ${right})`;
}

/** Families with the same order in both engines, NaN aside. */
const ordered = new Set<Family>(["integer", "decimal", "text", "date", "timestamp"]);

/** Whether values of the type are in the same order in both engines, and none is NaN. */
export function isSortable(type: string): boolean {
  return ordered.has(familyOf(type));
}

const comparable = new Set<Family>([...ordered, "double", "boolean", "uuid"]);

/**
 * The type that both sides of a comparison are cast to. In both engines, exact numbers have a common one of their own.
 *
 * @throws Refused if there is none.
 */
export function commonType(left: string, right: string): string {
  const [one, other] = [familyOf(left), familyOf(right)];
  if (one === "null" || other === "null") {
    return one === "null" ? right : left;
  }
  if (left === right && comparable.has(one)) {
    return left;
  }
  const both = new Set([one, other]);
  const isNumeric = [one, other].every((each) => ["integer", "decimal", "double"].includes(each));
  if (isNumeric) {
    return both.has("double") ? "DOUBLE" : widestExact(left, right);
  }
  if (both.has("date") && both.has("timestamp")) {
    return "TIMESTAMP";
  }
  throw new Refused(`${left} and ${right} can't be compared alike in Athena`, castHint);
}

const castHint = "Cast one of them to the type of the other.";

/** Digits in front of the point, and behind it. */
function digitsOf(type: string): { before: number; after: number } {
  const decimal = decimalOf(type);
  if (decimal !== undefined) {
    return { before: decimal.width - decimal.scale, after: decimal.scale };
  }
  const digits: Readonly<Record<string, number>> = {
    TINYINT: 3,
    SMALLINT: 5,
    INTEGER: 10,
    BIGINT: 19,
  };
  return { before: digits[type] ?? 38, after: 0 };
}

function widestExact(left: string, right: string): string {
  if (decimalOf(left) === undefined && decimalOf(right) === undefined) {
    return widerInteger(left, right);
  }
  const [one, other] = [digitsOf(left), digitsOf(right)];
  const scale = Math.max(one.after, other.after);
  const width = Math.max(one.before, other.before) + scale;
  if (width > 38) {
    throw new Refused(
      `${left} and ${right} together need more than the 38 digits that a decimal has`,
      castHint,
    );
  }
  return `DECIMAL(${width},${scale})`;
}
