/** A proposed type of a column. */
import type { Column } from "@lakehouse/transforms/contract/column";

/** A type, as a column and as a contract writes it. */
export interface TypeProposal {
  readonly column: Column;
  /** `timestamp().epoch("ms")`. */
  readonly code: string;
  /** What a reader should know or decide. */
  readonly notes: readonly string[];
}
