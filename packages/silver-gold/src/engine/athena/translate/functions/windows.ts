/** Functions that exist over windows only. Aggregates over windows are in `aggregates.ts`. */
import type { Parameter } from "./form.ts";

/** A function over a window. */
export interface WindowForm {
  readonly takes: readonly Parameter[];
  readonly sql: string;
  /** As in a function's form. */
  readonly returns: string;
  /** Whether rows that are equal in the window's order may get each other's value. */
  readonly hasTies?: true;
  /** Whether it looks at the rows of a frame, and not at all rows of the partition. */
  readonly hasFrame?: true;
}

/** Functions by their names in lower case. */
export type WindowForms = Readonly<Record<string, WindowForm>>;

export const windowForms: WindowForms = {
  row_number: { takes: [], sql: "row_number()", returns: "BIGINT", hasTies: true },
  rank: { takes: [], sql: "rank()", returns: "BIGINT" },
  dense_rank: { takes: [], sql: "dense_rank()", returns: "BIGINT" },
  percent_rank: { takes: [], sql: "percent_rank()", returns: "DOUBLE" },
  cume_dist: { takes: [], sql: "cume_dist()", returns: "DOUBLE" },
  ntile: { takes: ["positive"], sql: "ntile($1)", returns: "BIGINT", hasTies: true },
  lag: { takes: ["any"], sql: "lag", returns: "$1", hasTies: true },
  lead: { takes: ["any"], sql: "lead", returns: "$1", hasTies: true },
  first_value: {
    takes: ["any"],
    sql: "first_value($1)",
    returns: "$1",
    hasTies: true,
    hasFrame: true,
  },
  last_value: {
    takes: ["any"],
    sql: "last_value($1)",
    returns: "$1",
    hasTies: true,
    hasFrame: true,
  },
  nth_value: {
    takes: ["any", "positive"],
    sql: "nth_value($1, $2)",
    returns: "$1",
    hasTies: true,
    hasFrame: true,
  },
};
