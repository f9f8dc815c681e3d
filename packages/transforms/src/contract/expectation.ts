/** Expectations: named rules over a row, each with the consequence for a record that breaks it. */
import type { Condition, ConditionNode } from "./condition.ts";

/** What happens to a record that breaks the rule. Dropped records and warnings are counted. */
export type Consequence = "quarantine" | "drop" | "warn";

/** A rule that every record must satisfy. */
export interface Expectation {
  readonly name: string;
  readonly condition: ConditionNode;
  readonly consequence: Consequence;
}

/**
 * Defines a rule: `expectations: (row) => [expectation("amount is positive", row.amount.gt(0))]`.
 *
 * @param name The rule in words. Quarantine gives it as the reason when a record breaks it.
 * @param condition A record breaks the rule when this is false, but not when a null makes it unknown.
 * @param consequence What happens to a record that breaks it.
 */
export function expectation(
  name: string,
  condition: Condition,
  consequence: Consequence = "quarantine",
): Expectation {
  return { name, condition: condition.node, consequence };
}
