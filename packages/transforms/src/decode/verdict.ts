/** What becomes of a record, and why. */
import type { Value } from "../types/value.ts";

/** One reason why a record is refused. */
export interface Reason {
  /** The column or key that it is about; null if it is about the whole record. */
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
}

/** What becomes of a record. */
export type Verdict =
  | { readonly outcome: "row"; readonly values: readonly Value[] }
  | { readonly outcome: "dropped" }
  | { readonly outcome: "refused"; readonly reasons: readonly [Reason, ...Reason[]] };
