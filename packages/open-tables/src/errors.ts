/** The errors of open tables. */
import { LakehouseError } from "@lakehouse/transforms/errors";

/** Another program has written to a table that only runs write to. */
export class ForeignCommitError extends LakehouseError {
  override readonly name = "ForeignCommitError";
  readonly code = "FOREIGN_COMMIT";
  readonly kind = "usage";
  readonly key: string;

  /** @param writer Who wrote it, and what: `Apache-Spark/4.0.0 (MERGE, 2026-11-01T…)`. */
  constructor(key: string, writer: string) {
    super(
      `Another program has written to an open table: ${key} is by ${writer}. `,
      `Only runs write to this table. Copy what you need from that commit to a table of its own, remove ${key}, and run again.`,
    );
    this.key = key;
  }
}
