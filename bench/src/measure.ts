/** Measures cases against each other. They take turns, so a slow moment of the machine affects all of them. */
import { Case, type CaseDefinition, type Sample } from "./child/case.ts";
import type { Log } from "./log.ts";

/** A case and the input of each of its runs. */
export interface MeasuredCase extends CaseDefinition {
  /** The input of a run. The first is the warm-up. */
  readonly input: (run: number) => string;
  /** Called before each run, warm-up included, and not timed. */
  readonly prepare?: () => Promise<void>;
}

/** The result of one case. */
export interface Measurement {
  readonly name: string;
  /** Medians over the measured runs. */
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  readonly othersCores: number;
  /** Of all runs, warm-up included. */
  readonly peakMib: number;
  readonly samples: readonly Sample[];
}

/** How many runs to measure. */
export interface Rounds {
  /** Runs that count. */
  readonly runs: number;
  /** The most rounds, if other processes disturb some. Then the calmest runs count, slow or fast. */
  readonly rounds: number;
}

/** A run is calm if other processes keep no more than this many cores busy. */
const calm = 0.1;

/**
 * Runs each case once to warm up and then `runs` times, in turns: A B C A B C.
 *
 * @param log Called before each run.
 */
export async function measure(
  cases: readonly MeasuredCase[],
  { runs, rounds }: Rounds,
  log: Log,
): Promise<Measurement[]> {
  const running = cases.map((each) => ({ ...each, case: new Case(each), samples: [] as Sample[] }));
  try {
    const isCalm = (samples: readonly Sample[]): boolean =>
      calmest(samples.slice(1), runs).filter(({ othersCores }) => othersCores <= calm).length ===
      runs;
    for (let run = 0; run <= rounds; run++) {
      if (run > runs && running.every(({ samples }) => isCalm(samples))) {
        break;
      }
      for (const each of running) {
        log(`${each.name}: ${run === 0 ? "warm-up" : `run ${run}`}`);
        await each.prepare?.();
        each.samples.push(await each.case.run(each.input(run)));
      }
    }
    return running.map(({ name, samples }) => ({
      ...summarize(name, calmest(samples.slice(1), runs)),
      peakMib: Math.max(...samples.map((each) => each.peakMib)),
    }));
  } finally {
    await Promise.all(running.map((each) => each.case.end()));
  }
}

/** The runs that other processes disturbed least. */
export function calmest(samples: readonly Sample[], runs: number): Sample[] {
  return samples.toSorted((a, b) => a.othersCores - b.othersCores).slice(0, runs);
}

/** Summarizes the measured runs of one case. */
export function summarize(name: string, samples: readonly Sample[]): Measurement {
  return {
    name,
    milliseconds: median(samples.map((each) => each.milliseconds)),
    cpuMilliseconds: median(samples.map((each) => each.cpuMilliseconds)),
    othersCores: median(samples.map((each) => each.othersCores)),
    peakMib: Math.max(...samples.map((each) => each.peakMib)),
    samples,
  };
}

/** The median. For an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return Number.isInteger(half) ? ((sorted[half - 1] ?? Number.NaN) + upper) / 2 : upper;
}
