/** Arithmetic of numbers, dates and intervals. */
import { castTo } from "./cast.ts";
import type { Expressions, Value } from "./expressions.ts";
import { leaveIt, Refused } from "./refused.ts";
import { literalOf, type Node, nodesIn, textIn } from "./tree.ts";
import { athenaType, familyOf, isExact, widerInteger } from "./types.ts";

const operators = new Set(["+", "-", "*", "/", "//", "%"]);

/** Whether it is a call of `+`, `-`, `*`, `/`, `//`, `%` or one of their names. */
export function isArithmetic(node: Node): boolean {
  return operatorOf(node) !== undefined;
}

function operatorOf(node: Node): string | undefined {
  const name = textIn(node, "function_name");
  const named = { add: "+", subtract: "-", multiply: "*", divide: "//", mod: "%" }[name] ?? name;
  return operators.has(named) ? named : undefined;
}

/** Translates arithmetic. */
export async function arithmetic(expressions: Expressions, node: Node): Promise<Value> {
  const operator = operatorOf(node) ?? "";
  const [left, right, ...more] = nodesIn(node, "children");
  if (left === undefined || more.length > 0) {
    throw new Refused(`${operator} with ${more.length + 2} operands`, leaveIt);
  }
  if (right === undefined) {
    return await negative(expressions, operator, left);
  }
  const [leftUnit, rightUnit] = [intervalOf(left), intervalOf(right)];
  if (leftUnit !== undefined || rightUnit !== undefined) {
    return await shifted(expressions, node, operator, { left, right });
  }
  const one = await expressions.of(left);
  const other = await expressions.of(right);
  const type = await expressions.typeOf(node);
  return { sql: calculated(operator, one, other, type), type };
}

async function negative(expressions: Expressions, operator: string, node: Node): Promise<Value> {
  const { sql, type } = await expressions.of(node);
  if (operator !== "-" || !(isExact(type) || familyOf(type) === "double")) {
    throw new Refused(`${operator} of a ${type} has no translation to Athena`, leaveIt);
  }
  return { sql: `(- ${sql})`, type };
}

function calculated(operator: string, one: Value, other: Value, type: string): string {
  const [left, right] = [familyOf(one.type), familyOf(other.type)];
  const isNumeric = [one, other].every(
    (each) => isExact(each.type) || familyOf(each.type) === "double",
  );
  if (isNumeric) {
    return numbers(operator, one, other, type);
  }
  if (left === "date" && right === "integer" && (operator === "+" || operator === "-")) {
    const days = operator === "+" ? other.sql : `(- ${other.sql})`;
    return `date_add('day', ${days}, ${one.sql})`;
  }
  if (left === "integer" && right === "date" && operator === "+") {
    return `date_add('day', ${one.sql}, ${other.sql})`;
  }
  if (left === "date" && right === "date" && operator === "-") {
    return `date_diff('day', ${other.sql}, ${one.sql})`;
  }
  throw new Refused(`${one.type} ${operator} ${other.type} has no translation to Athena`, hint);
}

const hint = "Cast the operands, or write date_diff('hour', x, y) for the time between two values.";

function numbers(operator: string, one: Value, other: Value, type: string): string {
  const isDouble = familyOf(type) === "double";
  if (operator === "/" && !isDouble) {
    throw new Refused(`${one.type} / ${other.type} is a ${type}`, leaveIt);
  }
  if (isDouble) {
    if (operator === "//" || operator === "%") {
      throw new Refused(`${operator} of doubles may differ in Athena`, "Cast them to decimals.");
    }
    const [left, right] = [one, other].map(({ sql, type }) => castTo(sql, type, "DOUBLE"));
    return `(${left} ${operator} ${right})`;
  }
  const isWhole = [one, other].every((each) => familyOf(each.type) === "integer");
  const isWide = isWhole && widerInteger(one.type, other.type) === type;
  // DuckDB takes a small number as written for the type beside it.
  const [left, right] = [one, other].map((each) =>
    isWhole && !isWide ? castTo(each.sql, each.type, type) : each.sql,
  );
  switch (operator) {
    case "//":
      if (!isWhole) {
        throw new Refused("// of decimals may differ in Athena", "Cast them to whole numbers.");
      }
      // A quotient of decimals, which hold 128 bits, would be rounded.
      return type === "HUGEINT"
        ? `CAST((${left} - ${left} % NULLIF(${right}, 0)) / NULLIF(${right}, 0) AS ${athenaType(type)})`
        : `(${left} / NULLIF(${right}, 0))`;
    case "%":
      return exact(`(${left} % NULLIF(${right}, 0))`, type, isWhole && type !== "HUGEINT");
    default:
      return exact(`(${left} ${operator} ${right})`, type, isWhole);
  }
}

/** Decimals have other digits in each engine. */
function exact(sql: string, type: string, isSame: boolean): string {
  return isSame ? sql : `CAST(${sql} AS ${athenaType(type)})`;
}

/** A date or timestamp before or after an interval. */
async function shifted(
  expressions: Expressions,
  node: Node,
  operator: string,
  { left, right }: { readonly left: Node; readonly right: Node },
): Promise<Value> {
  const isFirst = intervalOf(left) !== undefined;
  const interval = intervalOf(isFirst ? left : right);
  const { sql, type } = await expressions.of(isFirst ? right : left);
  const isKnown = operator === "+" || (operator === "-" && !isFirst);
  if (interval === undefined || !isKnown || !["date", "timestamp"].includes(familyOf(type))) {
    throw new Refused(
      `${operator} of an interval and a ${type} has no translation to Athena`,
      leaveIt,
    );
  }
  const moment = castTo(sql, type, "TIMESTAMP");
  return { sql: `(${moment} ${operator} ${interval})`, type: await expressions.typeOf(node) };
}

const units = "year|month|week|day|hour|minute|second";

/**
 * An interval as written, in Athena's words. `interval 6 days` is `to_days(cast(trunc(cast(6 as double)) as integer))`.
 *
 * @returns undefined for anything but an interval.
 * @throws Refused for an interval that is computed.
 */
export function intervalOf(node: Node): string | undefined {
  const [, unit] = new RegExp(`^to_(${units})s$`).exec(textIn(node, "function_name")) ?? [];
  const isText = (node["cast_type"] as Node | undefined)?.["id"] === "INTERVAL";
  if (unit === undefined && !isText) {
    return undefined;
  }
  let [inner] = nodesIn(node, "children");
  while (inner?.["class"] === "CAST" || inner?.["function_name"] === "trunc") {
    inner = (inner["child"] as Node | undefined) ?? nodesIn(inner, "children")[0];
  }
  const number = inner && literalOf(inner);
  if (unit === undefined || number === undefined || !/^\d{1,6}$/.test(number)) {
    throw new Refused("an interval that is not a number and a unit", "Write: interval 6 days.");
  }
  return unit === "week"
    ? `INTERVAL '${Number(number) * 7}' DAY`
    : `INTERVAL '${number}' ${unit.toUpperCase()}`;
}
