/** What the type checker learns from a column's methods about the values that producers send. */
import type { Literal } from "../types/value.ts";
import type { PathArgument } from "./path.ts";

/** A fact about a column. A column has the union of its facts. */
export type Fact =
  | "notNull"
  | "default"
  | "coerce"
  | "spelled"
  | "epoch"
  | "fromTimestamp"
  | "parse"
  | { readonly accepts: Literal }
  | { readonly map: string }
  | { readonly from: readonly PathArgument[] };
