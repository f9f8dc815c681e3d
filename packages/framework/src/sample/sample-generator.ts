/** Generates sample records. The same options give the same lines on every machine. */

/** How many lines, and which: each seed gives different records. */
export interface SampleOptions {
  readonly records: number;
  /** A whole number from 0 to 2^32 - 1. */
  readonly seed: number;
}

/** Yields `records` lines of NDJSON without newlines. Each is a record, or a broken one. */
export type SampleGenerator = (options: SampleOptions) => Iterable<string>;
