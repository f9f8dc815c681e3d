/** Counts refused records by reason, with a few samples of each. */
import type { Reason } from "@lakehouse/transforms/decode/exact";

/** One reason, and the number of records refused for it. */
export interface CountedReason<Sample> {
  readonly table: string;
  /** Null if the whole record is at fault. */
  readonly column: string | null;
  readonly rule: string;
  readonly count: number;
  readonly samples: readonly Sample[];
}

interface Counted<Sample> extends CountedReason<Sample> {
  count: number;
  readonly samples: Sample[];
}

/** The reasons so far. */
export class ReasonCounts<Sample> {
  readonly #maximumSamples: number;
  readonly #counted = new Map<string, Counted<Sample>>();

  /** @param samples The number of samples of each reason. */
  constructor(samples: number) {
    this.#maximumSamples = samples;
  }

  /**
   * Counts refused records. Each of their reasons counts once.
   *
   * @param records How many records have these reasons.
   * @param sampleOf Called only for reasons that still need a sample.
   */
  add(
    table: string,
    reasons: readonly Reason[],
    records: number,
    sampleOf: (reason: Reason) => Sample,
  ): void {
    const seen = new Set<Counted<Sample>>();
    for (const reason of reasons) {
      const { column, rule } = reason;
      const key = JSON.stringify([table, column, rule]);
      const counted = this.#counted.get(key) ?? { table, column, rule, count: 0, samples: [] };
      this.#counted.set(key, counted);
      if (!seen.has(counted)) {
        seen.add(counted);
        counted.count += records;
        if (counted.samples.length < this.#maximumSamples) {
          counted.samples.push(sampleOf(reason));
        }
      }
    }
  }

  /** The most frequent reason first. */
  sorted(): readonly CountedReason<Sample>[] {
    return [...this.#counted.values()].sort((a, b) => b.count - a.count || compareNames(a, b));
  }
}

function compareNames(a: CountedReason<unknown>, b: CountedReason<unknown>): number {
  const [first, second] = [a, b].map(({ table, column, rule }) => `${table} ${column} ${rule}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}
