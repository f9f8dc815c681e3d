/** One discrepancy in a lake. */
export interface Problem {
  /** For programs: `backlog`, `records`, `orphan` and so on. */
  readonly kind: string;
  /** The key, table or model that it is about. */
  readonly object: string;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}
