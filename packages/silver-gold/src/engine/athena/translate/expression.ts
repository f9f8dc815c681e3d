/** Expressions. Each has in Athena the type that holds DuckDB's type, so that a function's form follows from types. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import { digitsOf, isRaw } from "../../exact-tree.ts";
import { aggregate, hasAggregate } from "./aggregate.ts";
import { arithmetic, isArithmetic } from "./arithmetic.ts";
import { call } from "./call.ts";
import { castTo, literalAs } from "./cast.ts";
import { commonType, compare, comparisons, type Operator } from "./compare.ts";
import type { Expressions, Surroundings, Value } from "./expressions.ts";
import { aggregateForms } from "./functions/aggregates.ts";
import { leaveIt, Refused } from "./refused.ts";
import type { Scope } from "./scope.ts";
import { special } from "./special.ts";
import {
  isNull,
  kindOf,
  literalOf,
  type Node,
  need,
  nodeIn,
  nodesIn,
  requireKnown,
  textIn,
  writtenText,
} from "./tree.ts";
import { decimalOf, decimalType, familyOf } from "./types.ts";
import { overWindow } from "./window.ts";

/** Translates the expressions of one SELECT. */
export class ExpressionTranslator implements Expressions {
  readonly scope: Scope;
  readonly surroundings: Surroundings;

  constructor(scope: Scope, surroundings: Surroundings) {
    this.scope = scope;
    this.surroundings = surroundings;
  }

  /** @throws Refused, with the place of the innermost expression that has one. */
  async of(node: Node): Promise<Value> {
    try {
      return await this.#of(node);
    } catch (error) {
      const bytes = node["query_location"];
      if (error instanceof Refused && typeof bytes === "number") {
        error.bytes ??= bytes;
      }
      throw error;
    }
  }

  async all(nodes: readonly Node[]): Promise<string[]> {
    const result: string[] = [];
    for (const node of nodes) {
      result.push((await this.of(node)).sql);
    }
    return result;
  }

  async as(node: Node, type: string): Promise<string> {
    const text = writtenText(node);
    if (text !== undefined && familyOf(type) !== "text") {
      return literalAs(text, type);
    }
    const value = await this.of(node);
    return castTo(value.sql, value.type, type);
  }

  async typeOf(node: Node): Promise<string> {
    return await this.scope.typeOf(node, hasAggregate(node));
  }

  async order(orders: readonly Node[]): Promise<string> {
    const keys: string[] = [];
    for (const order of orders) {
      const { sql, type } = await this.of(need(order, "expression"));
      if (["list", "row", "json"].includes(familyOf(type))) {
        throw new Refused(`an order by a ${type} may differ in Athena`, leaveIt);
      }
      keys.push(`${sql} ${directionOf(order)}`);
    }
    return keys.join(", ");
  }

  async #of(node: Node): Promise<Value> {
    switch (node["class"]) {
      case "COLUMN_REF":
        requireKnown(node, "column_names");
        return await this.#typed(
          node,
          nodesIn(node, "column_names").map(String).map(identifier).join("."),
        );
      case "CONSTANT":
        return constantOf(node);
      case "CAST":
        return await this.#cast(node);
      case "COMPARISON":
        requireKnown(node, "left", "right");
        return {
          sql: await this.#compared(operatorOf(node), need(node, "left"), need(node, "right")),
          type: "BOOLEAN",
        };
      case "CONJUNCTION": {
        requireKnown(node, "children");
        const parts = await this.#booleans(nodesIn(node, "children"));
        const word = node["type"] === "CONJUNCTION_AND" ? " AND " : " OR ";
        return { sql: `(${parts.join(word)})`, type: "BOOLEAN" };
      }
      case "BETWEEN":
        return await this.#between(node);
      case "CASE":
        return await this.#case(node);
      case "OPERATOR":
        return await this.#operator(node);
      case "SUBQUERY":
        return await this.#subquery(node);
      case "WINDOW":
        return await overWindow(this, node);
      case "FUNCTION":
        return await this.#function(node);
      default:
        throw new Refused(`${kindOf(node)} has no translation to Athena`, leaveIt);
    }
  }

  async #typed(node: Node, sql: string): Promise<Value> {
    const type = await this.typeOf(node);
    familyOf(type);
    return { sql, type };
  }

  async #booleans(nodes: readonly Node[]): Promise<string[]> {
    const result: string[] = [];
    for (const node of nodes) {
      result.push(await this.as(node, "BOOLEAN"));
    }
    return result;
  }

  async #function(node: Node): Promise<Value> {
    const name = textIn(node, "function_name");
    if (aggregateForms[name] !== undefined) {
      return await aggregate(this, node);
    }
    requireKnown(node, "function_name", "schema", "children", "order_bys");
    if (nodesIn(need(node, "order_bys"), "orders").length > 0) {
      throw new Refused(`${name}(… order by …) has no translation to Athena`, leaveIt);
    }
    if (isArithmetic(node)) {
      return await arithmetic(this, node);
    }
    return (await special[name]?.(this, node)) ?? (await call(this, node));
  }

  async #cast(node: Node): Promise<Value> {
    requireKnown(node, "child", "cast_type", "try_cast");
    const child = need(node, "child");
    const type = castType(need(node, "cast_type")) ?? (await this.typeOf(node));
    const text = writtenText(child);
    if (text !== undefined && familyOf(type) !== "text") {
      return { sql: literalAs(text, type), type };
    }
    const value = await this.of(child);
    if (node["try_cast"] === true) {
      throw new Refused(
        `try_cast from ${value.type} to ${type} may find other values wrong in Athena`,
        "Write: case when regexp_matches(x, '^-?[0-9]{1,9}$') then cast(x as integer) end.",
      );
    }
    return { sql: castTo(value.sql, value.type, type), type };
  }

  /** Both sides as one type. */
  async #sides(left: Node, right: Node): Promise<{ left: string; right: string; type: string }> {
    const texts = [writtenText(left), writtenText(right)];
    if (texts.filter((text) => text !== undefined).length === 1) {
      const type = await this.#typeForComparison(texts[0] === undefined ? left : right);
      return { left: await this.as(left, type), right: await this.as(right, type), type };
    }
    const type = commonType(
      await this.#typeForComparison(left),
      await this.#typeForComparison(right),
    );
    return { left: await this.as(left, type), right: await this.as(right, type), type };
  }

  async #typeForComparison(node: Node): Promise<string> {
    return (await this.of(node)).type;
  }

  async #compared(operator: Operator, left: Node, right: Node): Promise<string> {
    const sides = await this.#sides(left, right);
    commonType(sides.type, sides.type);
    return compare(operator, sides.left, sides.right, sides.type);
  }

  async #between(node: Node): Promise<Value> {
    requireKnown(node, "input", "lower", "upper");
    const input = need(node, "input");
    const lower = await this.#compared(">=", input, need(node, "lower"));
    const upper = await this.#compared("<=", input, need(node, "upper"));
    return { sql: `(${lower} AND ${upper})`, type: "BOOLEAN" };
  }

  async #case(node: Node): Promise<Value> {
    requireKnown(node, "case_checks", "else_expr");
    const type = await this.typeOf(node);
    const checks: string[] = [];
    for (const check of nodesIn(node, "case_checks")) {
      const when = await this.as(need(check, "when_expr"), "BOOLEAN");
      checks.push(`WHEN ${when} THEN ${await this.as(need(check, "then_expr"), type)}`);
    }
    const otherwise = await this.as(need(node, "else_expr"), type);
    return { sql: `CASE ${checks.join(" ")} ELSE ${otherwise} END`, type };
  }

  async #operator(node: Node): Promise<Value> {
    requireKnown(node, "children");
    const children = nodesIn(node, "children");
    const [first, ...others] = children;
    if (first === undefined) {
      throw new Refused(`${textIn(node, "type")} has no translation to Athena`, leaveIt);
    }
    switch (node["type"]) {
      case "OPERATOR_NOT":
        return { sql: `(NOT ${await this.as(first, "BOOLEAN")})`, type: "BOOLEAN" };
      case "OPERATOR_IS_NULL":
        return { sql: `(${(await this.of(first)).sql} IS NULL)`, type: "BOOLEAN" };
      case "OPERATOR_IS_NOT_NULL":
        return { sql: `(${(await this.of(first)).sql} IS NOT NULL)`, type: "BOOLEAN" };
      case "OPERATOR_COALESCE":
        return await this.coalesce(node, children);
      case "COMPARE_IN":
      case "COMPARE_NOT_IN": {
        const parts: string[] = [];
        for (const other of others) {
          parts.push(await this.#compared("=", first, other));
        }
        const isIn = `(${parts.join(" OR ")})`;
        const sql = node["type"] === "COMPARE_IN" ? isIn : `(NOT ${isIn})`;
        return { sql, type: "BOOLEAN" };
      }
      case "ARRAY_EXTRACT":
        return await call(this, node, "array_extract");
      case "ARRAY_SLICE":
        return await this.#slice(node, children);
      default:
        throw new Refused(`${textIn(node, "type")} has no translation to Athena`, leaveIt);
    }
  }

  async coalesce(node: Node, children: readonly Node[]): Promise<Value> {
    const type = await this.typeOf(node);
    const parts: string[] = [];
    for (const child of children) {
      parts.push(await this.as(child, type));
    }
    return { sql: parts.length === 1 ? (parts[0] ?? "") : `COALESCE(${parts.join(", ")})`, type };
  }

  /** `text[2:5]`. */
  async #slice(node: Node, [text, from, to, ...more]: readonly Node[]): Promise<Value> {
    const [start, end] = [from, to].map((each) => each && literalOf(each));
    if (text === undefined || more.length > 0 || !/^[1-9]\d*$/.test(start ?? "")) {
      throw new Refused("a slice that does not begin at a number from 1", leaveIt);
    }
    const value = await this.of(text);
    if (value.type !== "VARCHAR" || !/^\d+$/.test(end ?? "")) {
      throw new Refused(
        `a slice of a ${value.type} may differ in Athena`,
        "Write substring(x, 1, 3).",
      );
    }
    const length = Math.max(Number(end) - Number(start) + 1, 0);
    return { sql: `substr(${value.sql}, ${start}, ${length})`, type: await this.typeOf(node) };
  }

  async #subquery(node: Node): Promise<Value> {
    requireKnown(node, "subquery_type", "subquery", "child", "comparison_type");
    const query = need(need(node, "subquery"), "node");
    const sql = await this.surroundings.query(query, this.scope);
    switch (node["subquery_type"]) {
      case "SCALAR":
        return await this.#typed(node, `(${sql})`);
      case "EXISTS":
        return { sql: `EXISTS (${sql})`, type: "BOOLEAN" };
      case "NOT_EXISTS":
        return { sql: `(NOT EXISTS (${sql}))`, type: "BOOLEAN" };
      case "ANY": {
        const child = await this.of(need(node, "child"));
        const found = await this.typeOf({ ...node, subquery_type: "SCALAR", child: null });
        const isPlain = node["comparison_type"] === "COMPARE_EQUAL" && child.type !== "DOUBLE";
        if (!isPlain || child.type !== found || commonType(found, found) !== found) {
          throw new Refused(
            `${child.type} and ${found} can't be compared alike with a subquery in Athena`,
            "Write x in (select …), with both of one type that is not double.",
          );
        }
        return { sql: `(${child.sql} IN (${sql}))`, type: "BOOLEAN" };
      }
      default:
        throw new Refused("this kind of subquery has no translation to Athena", leaveIt);
    }
  }
}

function operatorOf(node: Node): Operator {
  const found = Object.entries(comparisons).find(([name]) => name === node["type"]);
  if (found === undefined) {
    throw new Refused(`${textIn(node, "type")} has no translation to Athena`, leaveIt);
  }
  return found[1];
}

/** Nulls are last by default in DuckDB, whatever the direction. */
function directionOf(order: Node): string {
  const direction = order["type"] === "DESCENDING" ? "DESC" : "ASC";
  const nulls = /FIRST/.test(textIn(order, "null_order")) ? "FIRST" : "LAST";
  return `${direction} NULLS ${nulls}`;
}

/** The name of the type of a cast; undefined if DuckDB must tell it. */
function castType(type: Node): string | undefined {
  const id = textIn(type, "id");
  const info = nodeIn(type, "type_info");
  if (id === "DECIMAL") {
    return decimalType(Number(info?.["width"] ?? 18), Number(info?.["scale"] ?? 3));
  }
  const isPlain =
    /^(?:BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT|DOUBLE|VARCHAR|DATE|TIMESTAMP)$/;
  return info === undefined && isPlain.test(id) ? id : undefined;
}

function constantOf(node: Node): Value {
  if (isNull(node)) {
    return { sql: "NULL", type: "NULL" };
  }
  const value = need(node, "value");
  const type = need(value, "type");
  const id = textIn(type, "id");
  const content = value["value"];
  switch (id) {
    case "VARCHAR":
      return { sql: literal(String(content)), type: id };
    case "BOOLEAN":
      return { sql: String(content).toUpperCase(), type: id };
    case "TINYINT":
    case "SMALLINT":
    case "INTEGER":
    case "BIGINT":
      return { sql: signed(wholeOf(content)), type: id };
    case "HUGEINT":
      return { sql: `DECIMAL '${wholeOf(content)}'`, type: id };
    case "DOUBLE":
      return {
        sql: `DOUBLE '${digitsOf(content)}'`,
        type: id,
      };
    case "DECIMAL": {
      const name = castType(type) ?? "";
      const { scale } = decimalOf(name) ?? { scale: 0 };
      const whole = wholeOf(content);
      const digits = String(whole < 0n ? -whole : whole).padStart(scale + 1, "0");
      const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
      return { sql: `CAST(DECIMAL '${whole < 0n ? "-" : ""}${text}' AS ${name})`, type: name };
    }
    default:
      throw new Refused(`a literal of type ${id} has no equal in Athena`, leaveIt);
  }
}

function signed(value: bigint): string {
  return value < 0n ? `(${value})` : String(value);
}

/** A whole number of the parse tree: those of 128 bits have two halves. */
function wholeOf(content: unknown): bigint {
  if (typeof content === "object" && content !== null && !isRaw(content)) {
    const { upper, lower } = content as Node;
    return (wholeOf(upper) << 64n) + BigInt.asUintN(64, wholeOf(lower));
  }
  return BigInt(digitsOf(content));
}
