/** Expectations: named rules over a row, each with the consequence for a record that breaks it. */
import { ContractError } from "../errors.ts";
import { choiceMistake, extraMistake, textMistake } from "../mistakes/options.ts";
import { located, placeOfCall } from "../mistakes/place.ts";
import { type Condition, type ConditionNode, checkIsCondition } from "./condition.ts";

const consequences = ["quarantine", "drop", "warn"] as const;

/** What happens to a record that breaks the rule. Dropped records and warnings are counted. */
export type Consequence = (typeof consequences)[number];

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
  ...none: readonly []
): Expectation {
  const where = `expectation ${JSON.stringify(name)}`;
  const mistake =
    textMistake("its name", name) ??
    choiceMistake("its consequence", consequence, consequences) ??
    extraMistake("expectation()", none);
  if (mistake !== undefined) {
    throw new ContractError(where, mistake.problem, mistake.hint, placeOfCall());
  }
  checkIsCondition(where, condition);
  return located({ name, condition: condition.node, consequence });
}
