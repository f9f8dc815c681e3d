/** Evaluates computed columns exactly, one row at a time. */
import { type ComputedNode, conditionsOf, operandsOf } from "../contract/computed.ts";
import type { ColumnType } from "../types/types.ts";
import type { Value } from "../types/value.ts";
import { columnsOf, evaluate, type Lookup, literalValue } from "./condition.ts";

/** The value of a computed column. */
export function computedValue(
  node: ComputedNode,
  type: ColumnType,
  typeOf: (column: string) => ColumnType,
  value: Lookup,
): Value {
  if ("condition" in node) {
    return evaluate(node.condition, typeOf, value);
  }
  const found = node.cases.find((each) => evaluate(each.when, typeOf, value) === true);
  const operand = found === undefined ? node.otherwise : found.value;
  if (operand === null) {
    return null;
  }
  return operand.kind === "column" ? value(operand.name) : literalValue(type, operand.value);
}

/** The columns that a computed column is made from. */
export function readsOf(node: ComputedNode): string[] {
  const operands = operandsOf(node).flatMap((each) => (each?.kind === "column" ? each.name : []));
  return [...conditionsOf(node).flatMap(columnsOf), ...operands];
}
