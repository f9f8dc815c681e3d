/** Columns computed from other columns of the row, as data. Polars and the exact path each evaluate them. */
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import { literalMistake } from "../mistakes/options.ts";
import { placeOfCall } from "../mistakes/place.ts";
import { refuseIf } from "../mistakes/refuse.ts";
import { onUnknownMember } from "../mistakes/unknown-members.ts";
import type { Literal } from "../types/value.ts";
import {
  Condition,
  type ConditionNode,
  checkIsCondition,
  type Operand,
  Term,
} from "./condition.ts";

/** One value of several: that of the first case whose condition is true, otherwise the last. Null if there is none. */
export interface CaseNode {
  readonly cases: readonly { readonly when: ConditionNode; readonly value: Operand | null }[];
  readonly otherwise: Operand | null;
}

/** A computed value: whether a condition is true, or a case. */
export type ComputedNode = { readonly condition: ConditionNode } | CaseNode;

/** What a rule of `computed` may return for a column. */
export type Computed = Condition | Case;

/** Values by conditions, as SQL's CASE. */
export class Case {
  readonly node: CaseNode;

  constructor(node: CaseNode) {
    this.node = node;
  }

  /** The value where no earlier condition is true, and this one is. */
  when(condition: Condition, value: Literal | Term | null): Case {
    checkIsCondition("when()", condition);
    const next = { when: condition.node, value: operandOf("when()", value) };
    return new Case({ ...this.node, cases: [...this.node.cases, next] });
  }

  /** The value where no condition is true. Without it, that is null. */
  otherwise(value: Literal | Term | null): Case {
    return new Case({ ...this.node, otherwise: operandOf("otherwise()", value) });
  }

  static {
    onUnknownMember(Case, (_case, name, names) => {
      const problem = `when() has no method ${name}()`;
      throw new ContractError("computed", problem, didYouMean(name, names), placeOfCall());
    });
  }
}

/**
 * @example
 * ```ts
 * computed: (row) => ({
 *   size: when(row.amount.gt(1000), "large").when(row.amount.gt(10), "usual").otherwise("small"),
 * }),
 * ```
 *
 * Gives a value where a condition is true. A value is a literal, another column of the row, or null.
 */
export function when(condition: Condition, value: Literal | Term | null): Case {
  return new Case({ cases: [], otherwise: null }).when(condition, value);
}

function operandOf(call: string, value: Literal | Term | null): Operand | null {
  if (value instanceof Term) {
    return { kind: "column", name: value.column };
  }
  if (value === null) {
    return null;
  }
  refuseIf("computed", literalMistake(`the value of ${call}`, value));
  return { kind: "literal", value };
}

/** What `computed` returned for a column, as data. @returns undefined if it is neither a condition nor a case. */
export function computedNode(made: unknown): ComputedNode | undefined {
  if (made instanceof Condition) {
    return { condition: made.node };
  }
  return made instanceof Case ? made.node : undefined;
}

/** The conditions of a computed value. */
export function conditionsOf(node: ComputedNode): ConditionNode[] {
  return "condition" in node ? [node.condition] : node.cases.map((each) => each.when);
}

/** The values that a case chooses from. */
export function operandsOf(node: ComputedNode): (Operand | null)[] {
  return "condition" in node ? [] : [...node.cases.map(({ value }) => value), node.otherwise];
}
