/** Writes conditions of expectations for people. */
import type { ComputedNode } from "@lakehouse/transforms/contract/computed";
import type { ConditionNode, Operand } from "@lakehouse/transforms/contract/condition";
import type { Literal } from "@lakehouse/transforms/types/value";

const comparisons = { eq: "=", ne: "≠", lt: "<", lte: "≤", gt: ">", gte: "≥" } as const;
const tests = { startsWith: "starts with", endsWith: "ends with", contains: "contains" } as const;

/** `amount > 0 and not (path starts with "/internal/")`. */
export function conditionText(node: ConditionNode): string {
  switch (node.op) {
    case "compare":
      return `${node.column} ${comparisons[node.how]} ${operandText(node.to)}`;
    case "isIn":
      return `${node.column} is one of ${node.values.map(literalText).join(", ")}`;
    case "text":
      return `${node.column} ${tests[node.how]} ${JSON.stringify(node.text)}`;
    case "isNull":
      return `${node.column} is null`;
    case "not":
      return `not (${conditionText(node.of)})`;
    case "and":
    case "or":
      return node.all.map((each) => `(${conditionText(each)})`).join(` ${node.op} `);
  }
}

/** `"large" if amount > 1000, otherwise "small"`. */
export function computedText(node: ComputedNode): string {
  if ("condition" in node) {
    return `whether ${conditionText(node.condition)}`;
  }
  const shown = (operand: Operand | null): string =>
    operand === null ? "null" : operandText(operand);
  const cases = node.cases.map(({ when, value }) => `${shown(value)} if ${conditionText(when)}`);
  return [...cases, `otherwise ${shown(node.otherwise)}`].join(", ");
}

function operandText(operand: Operand): string {
  return operand.kind === "column" ? operand.name : literalText(operand.value);
}

function literalText(value: Literal): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
