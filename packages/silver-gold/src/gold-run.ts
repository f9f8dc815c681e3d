/** The options and the result of a run. */
import type { PassOver } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Backlog } from "./current/backlog.ts";
import type { AthenaModelRun, AthenaOptions } from "./models/athena/athena-run.ts";
import type { MadePacks, PackOptions } from "./packs/make-packs.ts";
import type { TableCatalog } from "./publish/table-catalog.ts";
import { type Retired, retiredOf } from "./state/retired.ts";
import { type RunRecord, sizeOf } from "./state/run-record.ts";
import type { Dispatch } from "./tasks/tasks.ts";

/** The steps of a run, in order. */
export type Stage = "plan" | "merge" | "build" | "check" | "commit" | "publish" | "pack" | "query";

/** How far a run is. */
export interface GoldProgress {
  readonly stage: Stage;
  /** The table or model, or what is counted. */
  readonly name: string;
  readonly done: number;
  readonly total: number;
  /** The silver objects that all slices of this run read; absent if one slice is enough. */
  readonly backlog?: { readonly done: number; readonly total: number };
}

/** How to run silver→gold. */
export interface GoldOptions {
  /** Rebuilds all current rows and models from silver. */
  readonly rebuild?: boolean;
  /**
   * Removes the current rows and outputs of tables and models that the catalog no longer defines. Otherwise they stay
   * as they are, because a folder may be missing by mistake.
   */
  readonly prune?: boolean;
  /**
   * The names of models to build, with the models that they or their checks read. All tables are brought up to date. Other
   * models stay as published. The next run without this builds those that may have missed a change. It excludes `prune`.
   */
  readonly only?: readonly string[] | undefined;
  /**
   * The names of tables and models that may lose more rows in this run than their checks allow. The next run compares
   * with what this one publishes.
   */
  readonly acceptDecrease?: readonly string[];
  /** A folder on local disk. The run creates its own folder inside it, and removes that at the end. */
  readonly scratch: string;
  /** The memory that the engine may use, in MiB. Default 256. It spills the rest to `scratch`. */
  readonly memoryLimitMib?: number;
  /** The number of queries that the engine runs at once. Default: the number of CPUs, at most 8. */
  readonly threads?: number;
  /** The number of objects that are read or written at once. Default 16. */
  readonly concurrency?: number;
  /**
   * How much of silver to list. `recent`: only the last days, and the days of which bronze→silver has written silver since. The first
   * run of a day lists all or, of very much silver, a part, and the next runs go on. They find what somebody removes or replaces
   * by hand in earlier days. Default: all of it.
   */
  readonly listing?: "all" | "recent";
  /** The most objects of earlier days that a `recent` run lists. Default 200,000. */
  readonly mostEarlierObjects?: number | undefined;
  /** The most silver objects of a part of a manifest, if it has more than one day. Default 2,000. */
  readonly objectsPerPart?: number;
  /** The most rows of a data file of a model that is an open table. Default: a million. */
  readonly rowsPerFile?: number;
  /** The most MiB of silver that a slice reads. Default 256. */
  readonly sliceMib?: number | undefined;
  /**
   * Whether current rows are Iceberg tables, too. Default: as they are. Tables that are new are not. A moved directory gets
   * new metadata, without earlier versions.
   */
  readonly iceberg?: boolean | undefined;
  /** A catalog that gets the Iceberg tables. With it, `iceberg` is true by default. */
  readonly tableCatalog?: TableCatalog | undefined;
  /** Athena, which builds the models that name it, once what they read is published. Default: DuckDB builds all models. */
  readonly athena?: AthenaOptions | undefined;
  /** Receives what became of the models that Athena builds, also if the run then fails because of one. */
  readonly onAthena?: ((runs: readonly AthenaModelRun[]) => void) | undefined;
  /** Receives why models of Athena could not be built, once everything else is published. Default: the run throws it. */
  readonly onAthenaFailed?: ((error: unknown) => void) | undefined;
  /** How many days earlier versions of open tables can be read. Default: as before, or 7 for a new table. */
  readonly retentionDays?: number | undefined;
  /** Copies small silver objects of earlier days into packs, once the run has published. Default: it makes none. */
  readonly packs?: PackOptions | undefined;
  /**
   * Has large parts of the run done as tasks. The bytes of gold are the same whoever does them. Default: this process does
   * everything.
   */
  readonly tasks?: Dispatch | undefined;
  /** About how many MiB of silver a task reads. Default 32. Less than two tasks are done by the run itself. */
  readonly taskMib?: number | undefined;
  /** The time left, in milliseconds. The run begins no slice that would probably take longer. Default: no limit. */
  readonly remainingMilliseconds?: (() => number) | undefined;
  /** Receives the files of both layers that are not objects, or not this run's. A file may come several times. */
  readonly passOver?: PassOver;
  readonly onProgress?: (progress: GoldProgress) => void;
  /** Receives the number of silver objects that an older contract made, of each table that has some: also if a run fails. */
  readonly onOutdated?: (outdated: GoldRun["outdated"]) => void;
  /** The clock for the times in the run record. */
  readonly now?: () => Date;
}

/**
 * - `published`: this run committed, and published everything that it changed.
 * - `nothing-new`: there was nothing to do.
 * - `unfinished`: this run read silver that must be published together with what is left for the next run.
 * - `superseded`: another run committed first. The next run picks up what that run missed.
 */
export type GoldOutcome = "published" | "nothing-new" | "unfinished" | "superseded";

/** A model after a run. */
export interface GoldModel {
  readonly name: string;
  /** In the whole model. */
  readonly rows: number;
  /** The number of its partitions; 1 for a full model. */
  readonly partitions: number;
  /** Partitions that this run built. */
  readonly built: number;
}

/** The result of a run. */
export interface GoldRun {
  readonly outcome: GoldOutcome;
  /** Whether it published anything. */
  readonly published: boolean;
  /** The number of runs that have committed to this lake. */
  readonly sequence: number;
  /** Silver objects that were new or replaced. */
  readonly newObjects: number;
  /** Models' objects that were written or removed. */
  readonly outputs: number;
  /** Those of them that an earlier run had committed but not published, as after a crash. */
  readonly recovered: number;
  /** New silver that is left for the next run, because the time is up. */
  readonly remaining: Backlog;
  /** The number of silver objects in gold that an older contract made, of each table that has some. */
  readonly outdated: Readonly<Record<string, number>>;
  /** The number of rows of each table, one for each primary key. */
  readonly currentRows: Readonly<Record<string, number>>;
  readonly models: readonly GoldModel[];
  /** Tables and models that gold still has, although the catalog no longer defines them. */
  readonly retired: readonly Retired[];
  /** Those that this run removed. */
  readonly removed: readonly Retired[];
  /** The models that Athena builds for which it did something; absent if there are none. */
  readonly athena?: readonly AthenaModelRun[];
  /** The packs that it made, if any. */
  readonly packed?: MadePacks;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** What a run did, for its result. */
type Done = Pick<
  GoldRun,
  "newObjects" | "outputs" | "recovered" | "remaining" | "outdated" | "removed" | "startedAt"
>;

/**
 * Returns the result of a run.
 *
 * @param record The run record after the run.
 * @param built The number of partitions of each model that it built.
 */
export function answer(
  record: RunRecord,
  catalog: Catalog,
  outcome: GoldOutcome,
  done: Done,
  finishedAt: string,
  built: ReadonlyMap<string, number> = new Map(),
): GoldRun {
  const retired = retiredOf(record, catalog);
  const isDefined = (kind: Retired["kind"]) => (part: readonly [name: string, unknown]) =>
    !retired.some((each) => each.kind === kind && each.name === part[0]);
  const currentRows = Object.entries(record.tables)
    .filter(isDefined("table"))
    .map(([name, table]) => [name, sizeOf(table).rows] as const);
  const models = Object.entries(record.models)
    .filter(isDefined("model"))
    .map(([name, { outputs }]) => {
      const all = Object.values(outputs);
      return { name, rows: sum(all), partitions: all.length, built: built.get(name) ?? 0 };
    });
  return {
    outcome,
    published: outcome === "published",
    sequence: record.sequence,
    ...done,
    currentRows: Object.fromEntries(currentRows),
    models,
    retired,
    finishedAt,
  };
}

/** The result of two slices, one after the other. */
export function addRuns(first: GoldRun, second: GoldRun): GoldRun {
  const built = new Map(first.models.map((model) => [model.name, model.built]));
  return {
    ...second,
    published: first.published || second.published,
    newObjects: first.newObjects + second.newObjects,
    outputs: first.outputs + second.outputs,
    recovered: first.recovered + second.recovered,
    removed: [...first.removed, ...second.removed],
    models: second.models.map((model) => ({
      ...model,
      built: model.built + (built.get(model.name) ?? 0),
    })),
    startedAt: first.startedAt,
  };
}

function sum(files: readonly { readonly rows: number }[]): number {
  return files.reduce((total, { rows }) => total + rows, 0);
}
