/** What makes sample records: the same options give the same lines, on every machine. */

/** How many lines, and which: other seeds give other records. */
export interface SampleOptions {
  readonly records: number;
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number;
}

/** Gives `records` lines of NDJSON, each without its newline: one record, or what should have been one. */
export type SampleGenerator = (options: SampleOptions) => Iterable<string>;
