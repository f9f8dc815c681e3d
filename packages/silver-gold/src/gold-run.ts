/** What a run is given, and what it returns. */
import type { RunRecord } from "./state/run-record.ts";

/** The steps of a run, in order. */
export type Stage = "plan" | "merge" | "build" | "check" | "commit" | "publish";

/** How far a run is. */
export interface GoldProgress {
  readonly stage: Stage;
  /** The table or model, or what is counted. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
}

/** How to run silver→gold. */
export interface GoldOptions {
  /** Rebuilds all current rows and models from silver. */
  readonly rebuild?: boolean;
  /** A folder on local disk. The run makes one of its own inside it, and removes that at the end. */
  readonly scratch: string;
  /** The most that the engine holds in memory, MiB. Default 256. It spills the rest to `scratch`. */
  readonly memoryLimitMib?: number;
  /** How many of the engine's queries run at once. Default: the number of CPUs, at most 8. */
  readonly threads?: number;
  /** How many objects are read or written at once. Default 16. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: GoldProgress) => void;
  /** The clock, for the run's own times. */
  readonly now?: () => Date;
}

/**
 * - `published`: this run committed, and all that it changed is published.
 * - `nothing-new`: there was nothing to do.
 * - `superseded`: another run committed first. The next run takes up what that one did not see.
 */
export type GoldOutcome = "published" | "nothing-new" | "superseded";

/** A model after a run. */
export interface GoldModel {
  readonly name: string;
  /** In all of the model. */
  readonly rows: number;
  /** Partitions that it has; 1 for a full model. */
  readonly partitions: number;
  /** Partitions that this run built. */
  readonly built: number;
}

/** What became of a run. */
export interface GoldRun {
  readonly outcome: GoldOutcome;
  readonly published: boolean;
  /** Counts the runs that committed on this lake, up to now. */
  readonly sequence: number;
  /** Silver objects that were new, or replaced. */
  readonly newObjects: number;
  /** Models' objects that were written or removed. */
  readonly outputs: number;
  /** Of these, those that an earlier run had committed but not published, as after a crash. */
  readonly recovered: number;
  /** Rows of each table, one for each primary key. */
  readonly currentRows: Readonly<Record<string, number>>;
  readonly models: readonly GoldModel[];
  readonly startedAt: string;
  readonly finishedAt: string;
}

/**
 * The answer of a run.
 *
 * @param record The run record as the run left it, or as it found it.
 * @param built How many partitions of each model it built.
 */
export function answer(
  record: RunRecord,
  outcome: GoldOutcome,
  counts: Pick<GoldRun, "newObjects" | "outputs" | "recovered">,
  startedAt: string,
  finishedAt: string,
  built: ReadonlyMap<string, number> = new Map(),
): GoldRun {
  const currentRows = Object.entries(record.tables).map(
    ([name, { partitions }]) => [name, sum(Object.values(partitions))] as const,
  );
  const models = Object.entries(record.models).map(([name, { outputs }]) => {
    const all = Object.values(outputs);
    return { name, rows: sum(all), partitions: all.length, built: built.get(name) ?? 0 };
  });
  return {
    outcome,
    published: outcome === "published",
    sequence: record.sequence,
    ...counts,
    currentRows: Object.fromEntries(currentRows),
    models,
    startedAt,
    finishedAt,
  };
}

function sum(files: readonly { readonly rows: number }[]): number {
  return files.reduce((total, { rows }) => total + rows, 0);
}
