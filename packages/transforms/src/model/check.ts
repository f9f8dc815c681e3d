/** Checks: assertions on a model's result. If one fails, nothing is published. */
import { located } from "../mistakes/place.ts";
import type { Literal } from "../types/value.ts";

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
  | { readonly kind: "sql"; readonly name: string; readonly sql: string };

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

/** The name of the check in messages: `unique(customer_id, order_date)`. */
export function checkName(check: Check): string {
  switch (check.kind) {
    case "unique":
      return `unique(${check.columns.join(", ")})`;
    case "sql":
      return check.name;
    case "relationship":
      return `relationship(${check.column} in ${check.to}.${check.toColumn})`;
    case "not_null":
    case "accepted_values":
    case "accepted_range":
      return `${check.kind}(${check.column})`;
  }
}
