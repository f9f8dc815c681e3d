/** How a function of DuckDB is written in Athena: as data, so that each entry can be tested alone. */
import type { Family } from "../types.ts";

/**
 * What an argument must be:
 *
 * - a family of types
 * - `exact`: a whole or decimal number
 * - `sortable`: a type whose order is the same in both engines, doubles aside
 * - `any`: any type
 * - `string`: text as written, `nonEmpty` likewise and not empty
 * - `positive` and `natural`: whole numbers as written, from 1 and from 0
 * - `pattern`: a regular expression as written, which both engines read alike
 * - `replacement`: what a regular expression's matches are replaced by, as written
 * - `unit`: a unit of time as written, one of the form's
 * - `format`: a format of dates as written
 */
export type Parameter =
  | Family
  | "exact"
  | "sortable"
  | "any"
  | "string"
  | "nonEmpty"
  | "positive"
  | "natural"
  | "pattern"
  | "replacement"
  | "unit"
  | "format";

/** One form of a function: what it takes, and its SQL. */
export interface Form {
  readonly takes: readonly Parameter[];
  /** `$1` is the first argument, `$1:DOUBLE` the first argument cast to a type as DuckDB casts. */
  readonly sql: string;
  /** The type of the SQL in Athena; `$1` is the type of the first argument. It is cast if DuckDB's type is another. */
  readonly returns: string;
  /** The units of a `unit`. */
  readonly units?: readonly string[];
}

/** Functions by their names in lower case. */
export type Forms = Readonly<Record<string, readonly Form[]>>;

/** Functions with the same forms. */
export function sameForms(names: readonly string[], forms: readonly Form[]): Forms {
  return Object.fromEntries(names.map((name) => [name, forms]));
}
