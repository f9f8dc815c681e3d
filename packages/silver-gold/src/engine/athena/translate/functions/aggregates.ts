/** Aggregates. Those that depend on the order of rows need an order, and those that can't have one are refused. */
import type { Parameter } from "./form.ts";

/** A form of an aggregate. */
export interface AggregateForm {
  readonly takes: readonly Parameter[];
  /**
   * Each call of an aggregate is in braces. It gets the filter, or the window. `$distinct` is DISTINCT if the query has it,
   * `$order` its order.
   */
  readonly sql: string;
  /** As in a function's form. */
  readonly returns: string;
  /** Rows that count. */
  readonly where?: string;
  /** Whether the query must give an order. */
  readonly isOrdered?: true;
  /** Why the result may differ from run to run. */
  readonly warning?: Warning;
}

/** Why a query's result may differ between engines, although it is right in both. */
export type Warning = "averages" | "doubles" | "ties";

/** Aggregates by their names in lower case. */
export type AggregateForms = Readonly<Record<string, readonly AggregateForm[]>>;

/** DuckDB's is null if there are no rows at all. */
const counted: readonly AggregateForm[] = [
  { takes: ["boolean"], sql: "IF({count(*)} = 0, NULL, {count_if($1)})", returns: "BIGINT" },
];

const averages: readonly AggregateForm[] = [
  {
    takes: ["integer"],
    sql: "({sum($distinct CAST($1 AS DECIMAL(38, 0)))}:DOUBLE / CAST({count($distinct $1)} AS DOUBLE))",
    returns: "DOUBLE",
    warning: "averages",
  },
  // Athena rounds to the decimal's own digits.
  {
    takes: ["decimal"],
    sql: "({sum($distinct $1)}:UNSCALED / (CAST({count($distinct $1)} AS DOUBLE) * $scale))",
    returns: "DOUBLE",
    warning: "averages",
  },
  {
    takes: ["double"],
    sql: "{avg($distinct $1)}",
    returns: "DOUBLE",
    warning: "doubles",
  },
];

/** The row with the greatest or least order wins. Rows without a value don't take part. */
const best = (name: string): readonly AggregateForm[] =>
  (["sortable", "row"] as const).map((order) => ({
    takes: ["any", order],
    sql: `{${name}($1, $2)}`,
    returns: "$1",
    where: "$1 IS NOT NULL",
    warning: "ties",
  }));

const spread = (name: string): readonly AggregateForm[] =>
  (["exact", "double"] as const).map((kind) => ({
    takes: [kind],
    sql: `{${name}($distinct $1:DOUBLE)}`,
    returns: "DOUBLE",
    warning: "doubles",
  }));

const lists: readonly AggregateForm[] = [
  {
    takes: ["any"],
    sql: "{array_agg($distinct $1$order)}",
    returns: "LIST",
    isOrdered: true,
    warning: "ties",
  },
];

const joined: readonly AggregateForm[] = [
  {
    takes: ["text", "string"],
    sql: "array_join({array_agg($distinct $1$order)}, $2)",
    returns: "VARCHAR",
    where: "$1 IS NOT NULL",
    isOrdered: true,
    warning: "ties",
  },
];

export const aggregateForms: AggregateForms = {
  count_star: [{ takes: [], sql: "{count(*)}", returns: "BIGINT" }],
  count: [
    { takes: [], sql: "{count(*)}", returns: "BIGINT" },
    { takes: ["any"], sql: "{count($distinct $1)}", returns: "BIGINT" },
  ],
  count_if: counted,
  countif: counted,
  sum: [
    // DuckDB's sum has 128 bits, Athena's 64.
    {
      takes: ["integer"],
      sql: "{sum($distinct CAST($1 AS DECIMAL(38, 0)))}",
      returns: "DECIMAL(38, 0)",
    },
    { takes: ["decimal"], sql: "{sum($distinct $1)}", returns: "DECIMAL" },
    { takes: ["double"], sql: "{sum($distinct $1)}", returns: "DOUBLE", warning: "doubles" },
  ],
  avg: averages,
  mean: averages,
  min: [
    { takes: ["sortable"], sql: "{min($1)}", returns: "$1" },
    { takes: ["boolean"], sql: "{min($1)}", returns: "$1" },
    { takes: ["double"], sql: "{min($1)}", returns: "DOUBLE" },
  ],
  max: [
    { takes: ["sortable"], sql: "{max($1)}", returns: "$1" },
    { takes: ["boolean"], sql: "{max($1)}", returns: "$1" },
    // To DuckDB, NaN is the greatest number. Athena leaves it out.
    {
      takes: ["double"],
      sql: "IF(COALESCE({bool_or(is_nan($1))}, FALSE), nan(), {max($1)})",
      returns: "DOUBLE",
    },
  ],
  arg_max: best("max_by"),
  argmax: best("max_by"),
  max_by: best("max_by"),
  arg_min: best("min_by"),
  argmin: best("min_by"),
  min_by: best("min_by"),
  bool_and: [{ takes: ["boolean"], sql: "{bool_and($1)}", returns: "BOOLEAN" }],
  bool_or: [{ takes: ["boolean"], sql: "{bool_or($1)}", returns: "BOOLEAN" }],
  list: lists,
  array_agg: lists,
  string_agg: joined,
  group_concat: joined,
  listagg: joined,
  stddev: spread("stddev_samp"),
  stddev_samp: spread("stddev_samp"),
  stddev_pop: spread("stddev_pop"),
  variance: spread("var_samp"),
  var_samp: spread("var_samp"),
  var_pop: spread("var_pop"),
};
