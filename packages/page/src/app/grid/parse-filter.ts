/** Reads what a person types to filter a column. */
import type { FilterData, ResultColumnData } from "../../data.ts";

const comparison = /^(<>|<=|>=|=|<|>)(.*)$/s;
const nulls = { null: "is null", "not null": "is not null" } as const;

/**
 * Reads a filter: `>= 100`, `<> paid`, `null`, `not null`. Anything else is looked for in the value, or must be the number or
 * boolean.
 *
 * @returns null if nothing is filtered.
 */
export function parseFilter(
  { name: column, kind }: Pick<ResultColumnData, "name" | "kind">,
  text: string,
): FilterData | null {
  const typed = text.trim();
  if (typed === "") {
    return null;
  }
  if (typed === "null" || typed === "not null") {
    return { column, operator: nulls[typed] };
  }
  const [, operator, value] = comparison.exec(typed) ?? [];
  if (operator !== undefined && value !== undefined) {
    return { column, operator: operator as "=", value: value.trim() };
  }
  return {
    column,
    operator: kind === "number" || kind === "boolean" ? "=" : "contains",
    value: typed,
  };
}
