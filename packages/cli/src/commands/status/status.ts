/** Reports what each layer holds, how old it is, and what is not processed yet. */
import { backlog, type UnknownTable, unknownTables } from "@lakehouse/bronze-silver/backlog";
import { quarantinePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore, ObjectSummary, PassOver } from "@lakehouse/lake/object-store";
import { type Inspection, inspect } from "@lakehouse/silver-gold/inspect";
import type { TableMistake } from "@lakehouse/tables/table-mistake";
import type { Context } from "../../context.ts";
import { type OutdatedTable, outdatedTables } from "../../outdated.ts";

/** The part of a layer that belongs to one table or model. */
export interface LayerStatus {
  readonly layer: "bronze" | "silver" | "quarantine" | "gold";
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
  /** Of gold only. */
  readonly rows?: number;
  /** When the newest object was written, and how long ago; null if there is no object. */
  readonly newest: string | null;
  readonly ageSeconds: number | null;
}

/** The latest gold run. */
export interface LastRun {
  readonly sequence: number;
  readonly finishedAt: string | null;
  /** The time since it committed. */
  readonly ageSeconds: number;
  readonly newObjects: number;
  readonly currentRows: number;
  /** Whether everything that it built is published. */
  readonly published: boolean;
  /** Whether later runs have read a part of what must be published together: a rebuild, for example. */
  readonly unfinished: boolean;
}

/** The state of a lake. */
export interface StatusResult {
  readonly lake: string;
  /** What can't be used, and is left out below. */
  readonly mistakes: readonly TableMistake[];
  readonly layers: readonly LayerStatus[];
  /** Bronze objects that are not processed yet. */
  readonly backlog: number;
  /** The tables whose silver is in part made by an older contract. */
  readonly outdated: readonly OutdatedTable[];
  /** Tables that have bronze objects but no contract. */
  readonly unknown: readonly UnknownTable[];
  /** Tables and models that gold has, but that are no longer defined. */
  readonly retired: Inspection["retired"];
  /** Null before the first run. */
  readonly lastRun: LastRun | null;
}

/** @param now The current time. */
export async function status(context: Context, now: Date): Promise<StatusResult> {
  const { lake, catalog, location, passOver, mistakes } = context;
  const layers: LayerStatus[] = [];
  let waiting = 0;
  for (const table of catalog.tables) {
    const { name } = table;
    const bronze = new CountedStore(lake.bronze);
    const silver = new CountedStore(lake.silver);
    const catalogOfOne = { ...catalog, tables: [table] };
    for await (const _ of backlog({ bronze, silver }, catalogOfOne, passOver)) {
      waiting += 1;
    }
    layers.push(bronze.status("bronze", name, now), silver.status("silver", name, now));
    layers.push(await layer(context, "quarantine", name, lake.silver, quarantinePrefix(name), now));
  }
  const gold = await inspect(lake.gold, catalog);
  for (const { model, files } of gold.models) {
    const { name } = model;
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    layers.push({ ...(await layer(context, "gold", name, lake.gold, `${name}/`, now)), rows });
  }
  const broken = new Set(mistakes.map(({ folder }) => folder));
  const unknown = await unknownTables(lake.bronze, catalog, passOver);
  return {
    lake: location,
    mistakes,
    layers,
    backlog: waiting,
    outdated: await outdatedTables(context),
    unknown: unknown.filter(({ name }) => !broken.has(name)),
    // What gold has of a table with a mistake is still defined.
    retired: broken.size === 0 ? gold.retired : [],
    lastRun: lastRun(gold, now),
  };
}

type ListedStore = Pick<ObjectStore, "list" | "keyProblem">;

async function layer(
  { passOver }: Context,
  kind: LayerStatus["layer"],
  name: string,
  store: ObjectStore,
  prefix: string,
  now: Date,
): Promise<LayerStatus> {
  const counted = new CountedStore(store);
  for await (const _ of counted.list(prefix, passOver)) {
    // Counted.
  }
  return counted.status(kind, name, now);
}

/** Counts what it lists. */
class CountedStore implements ListedStore {
  readonly #store: ListedStore;
  #objects = 0;
  #bytes = 0;
  #newest = 0;

  constructor(store: ListedStore) {
    this.#store = store;
  }

  keyProblem(key: string): string | undefined {
    return this.#store.keyProblem(key);
  }

  async *list(prefix: string, passOver: PassOver, after?: string): AsyncGenerator<ObjectSummary> {
    for await (const summary of this.#store.list(prefix, passOver, after)) {
      this.#objects += 1;
      this.#bytes += summary.size;
      this.#newest = Math.max(this.#newest, summary.lastModified.getTime());
      yield summary;
    }
  }

  status(kind: LayerStatus["layer"], name: string, now: Date): LayerStatus {
    const [objects, newest] = [this.#objects, this.#newest];
    return {
      layer: kind,
      name,
      objects,
      bytes: this.#bytes,
      newest: objects === 0 ? null : new Date(newest).toISOString(),
      ageSeconds: objects === 0 ? null : secondsBetween(newest, now),
    };
  }
}

function lastRun(
  { lastRun: run, currentRows, pending, unfinished }: Inspection,
  now: Date,
): LastRun | null {
  return run === undefined
    ? null
    : {
        sequence: run.sequence,
        finishedAt: run.finishedAt ?? null,
        ageSeconds: secondsBetween(Date.parse(run.committedAt), now),
        newObjects: run.newObjects,
        currentRows,
        published: pending.size === 0,
        unfinished,
      };
}

function secondsBetween(milliseconds: number, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - milliseconds) / 1_000));
}
