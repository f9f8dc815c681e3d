/** Checks: assertions on a model's result. If one fails, nothing is published. */
import { located } from "../mistakes/place.ts";
import type { Literal } from "../types/value.ts";
import { rowCountOptions } from "./check-row-count.ts";

/** A check on the number of rows, as data. It is about a whole table or model, in its state after the run. */
export interface RowCountCheck {
  readonly kind: "row_count";
  /** The fewest rows that it may have. */
  readonly minimum?: number;
  /** The largest share of the published rows that one run may take away: 0.5 is half of them, 1 all of them. */
  readonly maximumDecrease?: number;
}

/** A check, as data. `C` is the names of the model's columns. */
export type Check<C extends string = string> =
  | { readonly kind: "unique"; readonly columns: readonly C[] }
  | { readonly kind: "not_null"; readonly column: C }
  | { readonly kind: "accepted_values"; readonly column: C; readonly values: readonly Literal[] }
  | {
      readonly kind: "accepted_range";
      readonly column: C;
      readonly minimum?: Literal;
      readonly maximum?: Literal;
    }
  | {
      readonly kind: "relationship";
      readonly column: C;
      /** A table or another model, and its column. */
      readonly to: string;
      readonly toColumn: string;
    }
  | { readonly kind: "sql"; readonly name: string; readonly sql: string }
  | RowCountCheck;

/** No two rows have the same values in these columns. */
export const unique = <C extends string>(...columns: readonly C[]): Check<C> =>
  located({ kind: "unique", columns });

/** Every row has a value in this column. */
export const notNull = <C extends string>(column: C): Check<C> =>
  located({ kind: "not_null", column });

/** Every value of this column is one of these. */
export const acceptedValues = <C extends string>(column: C, values: readonly Literal[]): Check<C> =>
  located({ kind: "accepted_values", column, values });

/** Every value of this column is between the bounds, both included. */
export const acceptedRange = <C extends string>(
  column: C,
  bounds: { readonly minimum?: Literal; readonly maximum?: Literal },
): Check<C> => located({ kind: "accepted_range", column, ...bounds });

/** Every value of this column exists in `toColumn` of the table or model `to`. */
export const relationship = <C extends string>(column: C, to: string, toColumn: string): Check<C> =>
  located({ kind: "relationship", column, to, toColumn });

/** The query returns no rows. */
export const returnsNoRow = (name: string, sql: string): Check<never> =>
  located({ kind: "sql", name, sql });

/**
 * @example
 * ```ts
 * checks: [rowCount({ minimum: 1, maximumDecrease: 0.5 })]
 * ```
 *
 * The whole table or model has at least `minimum` rows, and one run takes away at most the share `maximumDecrease` of the
 * rows that are published. A person can accept a larger decrease once: `lakehouse gold --accept-decrease NAME`.
 *
 * Without `maximumDecrease`, a table may lose at most nine tenths of its rows in one run, and so may a model if the tables
 * that it reads never had rows. `maximumDecrease: 1` sets no limit.
 */
export const rowCount = (limits: Omit<RowCountCheck, "kind">): RowCountCheck =>
  located({ kind: "row_count", ...limits });

/** The check in messages: `unique(customer_id, order_date)`, `accepted_range(orders from 1)`. */
export function checkName(check: Check): string {
  switch (check.kind) {
    case "unique":
      return `unique(${check.columns.join(", ")})`;
    case "sql":
      return check.name;
    case "relationship":
      return `relationship(${check.column} in ${check.to}.${check.toColumn})`;
    case "row_count":
      return `row_count(${rowCountOptions
        .flatMap((name) => (check[name] === undefined ? [] : `${name} ${check[name]}`))
        .join(", ")})`;
    case "not_null":
      return `not_null(${check.column})`;
    case "accepted_values":
      return `accepted_values(${check.column} in ${valuesText(check.values)})`;
    case "accepted_range":
      return `accepted_range(${[check.column, ...boundsText(check)].join(" ")})`;
  }
}

/** The most values that a message lists. */
const shownValues = 5;

/** Messages also show checks with mistakes, such as values that are no list. */
function valuesText(values: unknown): string {
  if (!Array.isArray(values)) {
    return String(values);
  }
  const shown = values
    .slice(0, shownValues)
    .map((value: unknown) => (typeof value === "string" ? JSON.stringify(value) : String(value)));
  return [...shown, ...(values.length > shownValues ? ["…"] : [])].join(", ");
}

function boundsText({ minimum, maximum }: { minimum?: Literal; maximum?: Literal }): string[] {
  return [
    ...(minimum === undefined ? [] : [`from ${minimum}`]),
    ...(maximum === undefined ? [] : [`to ${maximum}`]),
  ];
}
