/** Reports what each layer holds, how old it is, and what is not processed yet. */
import { backlog, type UnknownTable, unknownTables } from "@lakehouse/bronze-silver/backlog";
import { quarantinePrefix } from "@lakehouse/lake/keys";
import { type AthenaModel, athenaModels } from "@lakehouse/silver-gold/athena-builds";
import { type Inspection, inspect, type ModelState } from "@lakehouse/silver-gold/inspect";
import { CountedStore, countLayer, type LayerCount } from "@lakehouse/silver-gold/layers";
import type { TableMistake } from "@lakehouse/tables/table-mistake";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { type OutdatedTable, outdatedTables } from "../../outdated.ts";

/** The part of a layer that belongs to one table or model. */
export interface LayerStatus extends LayerCount {
  /** Of bronze only: objects that are not processed yet. */
  readonly backlog?: number;
  /** Of gold only. */
  readonly rows?: number;
  /** How long ago the newest object was written; null if there is no object. */
  readonly ageSeconds: number | null;
}

/** How many tables or models are listed at once. */
const listedAtOnce = 8;

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
  /** The models that Athena builds, with what their last builds cost. */
  readonly athena: readonly AthenaModel[];
  /** Null before the first run. */
  readonly lastRun: LastRun | null;
}

/** @param now The current time. */
export async function status(context: Context, now: Date): Promise<StatusResult> {
  const { lake, catalog, location, passOver, mistakes } = context;
  const aged = (count: LayerCount): LayerStatus => ({
    ...count,
    ageSeconds: count.newest === null ? null : secondsBetween(Date.parse(count.newest), now),
  });
  const layersOf = async (table: Table): Promise<readonly LayerStatus[]> => {
    const { name } = table;
    const bronze = new CountedStore(lake.bronze);
    const silver = new CountedStore(lake.silver);
    let waiting = 0;
    for await (const _ of backlog({ bronze, silver }, { ...catalog, tables: [table] }, passOver)) {
      waiting += 1;
    }
    const prefix = quarantinePrefix(name);
    const quarantine = await countLayer("quarantine", name, lake.silver, prefix, passOver);
    return [
      { ...aged(bronze.count("bronze", name)), backlog: waiting },
      aged(silver.count("silver", name)),
      aged(quarantine),
    ];
  };
  const ofTables = (await pMap(catalog.tables, layersOf, { concurrency: listedAtOnce })).flat();
  const gold = await inspect(lake.gold, catalog);
  const ofModel = async ({ model: { name }, files }: ModelState): Promise<LayerStatus> => {
    const rows = files.reduce((sum, file) => sum + file.rows, 0);
    return { ...aged(await countLayer("gold", name, lake.gold, `${name}/`, passOver)), rows };
  };
  const ofModels = await pMap(gold.models, ofModel, { concurrency: listedAtOnce });
  const broken = new Set(mistakes.map(({ folder }) => folder));
  const unknown = await unknownTables(lake.bronze, catalog, passOver);
  return {
    lake: location,
    mistakes,
    layers: [...ofTables, ...ofModels],
    backlog: ofTables.reduce((sum, { backlog = 0 }) => sum + backlog, 0),
    outdated: await outdatedTables(context),
    unknown: unknown.filter(({ name }) => !broken.has(name)),
    // What gold has of a table with a mistake is still defined.
    retired: broken.size === 0 ? gold.retired : [],
    athena: await athenaModels(lake.gold, catalog),
    lastRun: lastRun(gold, now),
  };
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
