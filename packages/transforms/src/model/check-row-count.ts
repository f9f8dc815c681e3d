/** Checks the limits of a `rowCount()` as the user wrote them. */
import { isRecord, type Mistake, optionsMistake, shown } from "../mistakes/options.ts";

/** The limits that a row count can have. */
export const rowCountOptions = ["minimum", "maximumDecrease"] as const;

/** Returns the first mistake in the limits. */
export function rowCountMistake(limits: Readonly<Record<string, unknown>>): Mistake | undefined {
  const { minimum, maximumDecrease } = limits;
  if (minimum === undefined && maximumDecrease === undefined) {
    return {
      problem: "check row_count has no limits",
      hint: "Write { minimum: 1, maximumDecrease: 0.5 }, or one of them.",
    };
  }
  if (minimum !== undefined && !(Number.isSafeInteger(minimum) && Number(minimum) >= 1)) {
    return {
      problem: `its minimum is ${shown(minimum)}`,
      hint: "Write a number of rows, a whole number from 1.",
    };
  }
  const isShare =
    typeof maximumDecrease === "number" && maximumDecrease >= 0 && maximumDecrease <= 1;
  return maximumDecrease === undefined || isShare
    ? undefined
    : {
        problem: `its maximumDecrease is ${shown(maximumDecrease)}`,
        hint: "Write a share of the published rows from 0 to 1: 0.5 is half of them.",
      };
}

/** Returns the first mistake in the checks of a table. */
export function tableChecksMistake(checks: unknown): Mistake | undefined {
  if (checks === undefined) {
    return undefined;
  }
  if (!Array.isArray(checks)) {
    return {
      problem: `its checks are ${shown(checks)}`,
      hint: "Write a list: checks: [rowCount({ minimum: 1 })].",
    };
  }
  for (const check of checks as readonly unknown[]) {
    if (!isRecord(check) || check["kind"] !== "row_count") {
      const found = isRecord(check) && check["kind"] !== undefined ? check["kind"] : check;
      return {
        problem: `a check of a table can't be ${shown(found)}`,
        hint: "Only rowCount() checks a table. Use expectations for its rows, or checks of a model.",
      };
    }
    const { kind: _, ...limits } = check;
    const mistake =
      optionsMistake("check row_count", limits, rowCountOptions) ?? rowCountMistake(limits);
    if (mistake !== undefined) {
      return mistake;
    }
  }
  return undefined;
}
