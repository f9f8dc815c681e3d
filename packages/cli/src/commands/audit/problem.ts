/** One discrepancy in a lake. */
export interface Problem {
  /** For programs: `backlog`, `records`, `orphan`, … */
  readonly kind: string;
  /** The key, table or model in question. */
  readonly object: string;
  readonly message: string;
  /** How to fix it. */
  readonly hint?: string;
}
