/** Every rule of a contract that is a condition over a row: accepted values, ranges and expectations. */
import type { Table } from "../contract/checked-table.ts";
import type { ConditionNode } from "../contract/condition.ts";
import type { Consequence } from "../contract/expectation.ts";

/** A rule, and what happens to a record that breaks it. */
export interface RowRule {
  /** The column that it is about; null for an expectation. */
  readonly column: string | null;
  /** `accepted_values`, `range`, or the expectation's name. */
  readonly rule: string;
  readonly message: string;
  readonly condition: ConditionNode;
  readonly consequence: Consequence;
}

/** The rules of a contract, in the order in which reasons are listed. */
export function rowRules(table: Pick<Table, "columns" | "expectations">): RowRule[] {
  const rules: RowRule[] = [];
  for (const { name, accepted, minimum, maximum, computed, nullable } of table.columns) {
    if (computed !== undefined && !nullable) {
      rules.push({
        column: name,
        rule: "missing",
        message: "the computed value is null",
        condition: { op: "not", of: { op: "isNull", column: name } },
        consequence: "quarantine",
      });
    }
    if (accepted !== undefined) {
      rules.push({
        column: name,
        rule: "accepted_values",
        message: `the value is not one of ${accepted.join(", ")}`,
        condition: { op: "isIn", column: name, values: accepted },
        consequence: "quarantine",
      });
    }
    for (const [how, bound, word] of [
      ["gte", minimum, "below"],
      ["lte", maximum, "above"],
    ] as const) {
      if (bound === undefined) {
        continue;
      }
      rules.push({
        column: name,
        rule: "range",
        message: `the value is ${word} ${bound}`,
        condition: { op: "compare", how, column: name, to: { kind: "literal", value: bound } },
        consequence: "quarantine",
      });
    }
  }
  for (const { name, condition, consequence } of table.expectations) {
    rules.push({
      column: null,
      rule: name,
      message: `the record breaks the expectation ${JSON.stringify(name)}`,
      condition,
      consequence,
    });
  }
  return rules;
}
