/** How long a first load with many invocations takes, and what it costs, from measured task times and published limits. Pure. */
import { limits, prices } from "./published.ts";

/** The kinds of tasks, in the order in which a slice runs them. */
export const kinds = ["read", "write", "build"] as const;

/** What was measured: MiB of silver that one core does in a second. */
export interface Rates extends Readonly<Record<(typeof kinds)[number], number>> {
  /** What the run itself does for each MiB: it decides which rows are current. */
  readonly own: number;
}

/** What is simulated. */
export interface ScaleInput {
  /** In MiB. */
  readonly silver: number;
  readonly rates: Rates;
  /** What the run itself does in each slice, whatever its size: it plans, commits and publishes the partitions. */
  readonly fixedSeconds: number;
  /** How long it takes until tasks begin, or the run goes on after them. */
  readonly roundSeconds: number;
  /** The most tasks at once. */
  readonly concurrency: number;
  readonly sliceMib: number;
  readonly taskMib: number;
  /** Of a function. */
  readonly memoryMib: number;
  /** The bytes of columns that the run fetches to decide, relative to silver. */
  readonly decidingRatio: number;
  /** What a function fetches from S3 in a second, in MiB. */
  readonly fetchMibPerSecond: number;
}

/** What comes out. */
export interface ScaleResult {
  readonly seconds: number;
  readonly dollars: number;
  readonly slices: number;
  readonly tasks: number;
  /** Of all tasks, and of what the run itself does in a slice, together. Above the limit of an invocation, the run can't work. */
  readonly longestSeconds: number;
}

/** Requests of a task beside its data: it reads itself, looks for its result, and writes that. */
const taskPuts = 3;
const taskGets = 4;
/** States of a child execution, and what a Standard workflow counts for starting it. */
const transitionsPerTask = 2;

/** Simulates slices one after another. */
export function simulate(input: ScaleInput): ScaleResult {
  const { silver, rates, concurrency, sliceMib, taskMib, memoryMib, fixedSeconds } = input;
  const cores = Math.max(1, Math.floor(memoryMib / limits.mibPerCore));
  const slices = Math.ceil(silver / sliceMib);
  const tasksPerKind = Math.ceil(Math.min(sliceMib, silver) / taskMib);
  const atOnce = Math.min(concurrency, limits.mapChildren);
  const taskSeconds = kinds.map((kind) => taskMib / rates[kind]);
  // A task uses one core. A decision uses all, but more than two were not measured.
  const sliceOwn = Math.min(sliceMib, silver);
  const ownSeconds =
    fixedSeconds +
    sliceOwn / (rates.own * Math.min(cores, 2)) +
    (sliceOwn * input.decidingRatio) / input.fetchMibPerSecond;
  const mapped = taskSeconds.map((seconds) =>
    Math.max(
      mapSeconds(tasksPerKind, seconds, atOnce),
      (tasksPerKind * taskPuts) / limits.putsPerSecond,
      (tasksPerKind * taskGets) / limits.getsPerSecond,
    ),
  );
  const rounds = 2 * kinds.length;
  const sliceSeconds = ownSeconds + sum(mapped) + rounds * input.roundSeconds;
  const tasks = slices * tasksPerKind * kinds.length;
  const gigabytes = memoryMib / 1_024;
  const busySeconds = slices * (ownSeconds + tasksPerKind * sum(taskSeconds));
  const dollars =
    busySeconds * gigabytes * prices.gigabyteSecond +
    tasks *
      (prices.invocation +
        taskPuts * prices.put +
        taskGets * prices.get +
        transitionsPerTask * prices.stateTransition);
  return {
    seconds: slices * sliceSeconds,
    dollars,
    slices,
    tasks,
    longestSeconds: Math.max(ownSeconds, ...taskSeconds),
  };
}

/**
 * How long tasks of equal length take, if new environments start at Lambda's rate.
 *
 * @param atOnce The most tasks at once.
 */
export function mapSeconds(tasks: number, secondsOfTask: number, atOnce: number): number {
  const running: { readonly end: number; readonly count: number }[] = [];
  let left = tasks;
  let now = 0;
  let last = 0;
  while (left > 0) {
    while (running[0] !== undefined && running[0].end <= now) {
      running.shift();
    }
    const busy = running.reduce((total, { count }) => total + count, 0);
    const ramp = limits.rampPerTenSeconds * (Math.floor(now / 10) + 1);
    const started = Math.min(left, Math.max(0, Math.min(atOnce, ramp) - busy));
    if (started > 0) {
      last = now + secondsOfTask;
      running.push({ end: last, count: started });
      left -= started;
    }
    const nextRamp = ramp < atOnce ? (Math.floor(now / 10) + 1) * 10 : Number.POSITIVE_INFINITY;
    now = Math.min(running[0]?.end ?? now, nextRamp);
  }
  return last;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
