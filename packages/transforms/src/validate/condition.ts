/** Evaluates conditions exactly, one row at a time, in SQL's three-valued logic. */
import type { Table } from "../contract/checked-table.ts";
import type { Comparison, ConditionNode } from "../contract/condition.ts";
import { parseLiteral } from "../types/column-type.ts";
import type { ColumnType } from "../types/types.ts";
import type { Literal, Scalar, Value } from "../types/value.ts";

/** Returns the row's value of a column. */
export type Lookup = (column: string) => Value;

/** Looks up the types of a table's columns by name. */
export function columnTypes({ columns }: Pick<Table, "columns">): (column: string) => ColumnType {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  return (column) => {
    const type = types.get(column);
    if (type === undefined) {
      throw new Error(`no column ${column}`);
    }
    return type;
  };
}

/** The values of literals that have been parsed. */
const literals = new WeakMap<ColumnType, Map<Literal, Scalar>>();

/** The value of a literal that has passed the contract's validation. */
export function literalValue(type: ColumnType, literal: Literal): Scalar {
  const known = literals.get(type) ?? new Map<Literal, Scalar>();
  literals.set(type, known);
  const value = known.get(literal);
  if (value !== undefined) {
    return value;
  }
  const parsed = parseLiteral(type, literal);
  if (!parsed.ok) {
    throw new Error(parsed.message);
  }
  known.set(literal, parsed.value);
  return parsed.value;
}

/** @returns Whether the condition is true; null when a null makes that unknown. */
export function evaluate(
  node: ConditionNode,
  typeOf: (column: string) => ColumnType,
  value: Lookup,
): boolean | null {
  switch (node.op) {
    case "isNull":
      return value(node.column) === null;
    case "not": {
      const inner = evaluate(node.of, typeOf, value);
      return inner === null ? null : !inner;
    }
    case "and":
    case "or": {
      const decisive = node.op === "or";
      const results = node.all.map((each) => evaluate(each, typeOf, value));
      if (results.includes(decisive)) {
        return decisive;
      }
      return results.includes(null) ? null : !decisive;
    }
    case "compare": {
      const left = value(node.column);
      const right =
        node.to.kind === "column"
          ? value(node.to.name)
          : literalValue(typeOf(node.column), node.to.value);
      return left === null || right === null ? null : compare(node.how, left, right);
    }
    case "isIn": {
      const left = value(node.column);
      const type = typeOf(node.column);
      return left === null
        ? null
        : node.values.some((literal) => literalValue(type, literal) === left);
    }
    case "text": {
      const left = value(node.column);
      if (left === null) {
        return null;
      }
      const text = String(left);
      if (node.how === "contains") {
        return text.includes(node.text);
      }
      return node.how === "startsWith" ? text.startsWith(node.text) : text.endsWith(node.text);
    }
  }
}

function compare(how: Comparison, left: Scalar, right: Scalar): boolean {
  switch (how) {
    case "eq":
      return left === right;
    case "ne":
      return left !== right;
    case "lt":
      return left < right;
    case "lte":
      return left <= right;
    case "gt":
      return left > right;
    case "gte":
      return left >= right;
  }
}

/** The columns that a condition reads. */
export function columnsOf(node: ConditionNode): string[] {
  if ("all" in node) {
    return node.all.flatMap(columnsOf);
  }
  if (node.op === "not") {
    return columnsOf(node.of);
  }
  return node.op === "compare" && node.to.kind === "column"
    ? [node.column, node.to.name]
    : [node.column];
}
