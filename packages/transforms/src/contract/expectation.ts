/** Expectations: named rules over a row, each with what happens to a record that breaks it. */
import type { Condition, ConditionNode } from "./condition.ts";

/** What happens to a record that breaks the rule; `drop` and `warn` are counted. */
export type Consequence = "quarantine" | "drop" | "warn";

/** A rule that every record must keep. */
export interface Expectation {
  readonly name: string;
  readonly condition: ConditionNode;
  readonly consequence: Consequence;
}

/**
 * Makes a rule: `expectations: (row) => [expectation("amount is positive", row.amount.gt(0))]`.
 *
 * @param name What holds, in words; it is the reason in quarantine when it does not.
 * @param condition A record breaks the rule when it is false, not when null makes it unknown.
 * @param consequence What happens to a record that breaks it.
 */
export function expectation(
  name: string,
  condition: Condition,
  consequence: Consequence = "quarantine",
): Expectation {
  return { name, condition: condition.node, consequence };
}
