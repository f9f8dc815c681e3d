/** Why SQL is not translated. */

/** A part of a query that has no translation that is certain to mean the same. */
export class Refused extends Error {
  override readonly name = "Refused";
  /** Continues "in its query, …". */
  readonly problem: string;
  readonly hint: string;
  /** The number of bytes in front of it. The innermost node around it that has a place sets it. */
  bytes: number | undefined;

  constructor(problem: string, hint: string, bytes?: number) {
    super(problem);
    this.problem = problem;
    this.hint = hint;
    this.bytes = bytes;
  }
}

/** The hint where there is no other way to write it. */
export const leaveIt = "Write it in another way, or leave this model to DuckDB.";
