/** Reports what each layer holds, how old it is, and what is not processed yet. */
import { backlog, type UnknownTable, unknownTables } from "@lakehouse/bronze-silver/backlog";
import { bronzePrefix, quarantinePrefix, silverPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
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
  for (const { name } of catalog.tables) {
    layers.push(await layer(context, "bronze", name, lake.bronze, bronzePrefix(name), now));
    layers.push(await layer(context, "silver", name, lake.silver, silverPrefix(name), now));
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
  const waiting = await Array.fromAsync(backlog(lake, catalog, passOver));
  return {
    lake: location,
    mistakes,
    layers,
    backlog: waiting.length,
    outdated: await outdatedTables(context),
    unknown: unknown.filter(({ name }) => !broken.has(name)),
    // What gold has of a table with a mistake is still defined.
    retired: broken.size === 0 ? gold.retired : [],
    lastRun: lastRun(gold, now),
  };
}

async function layer(
  { passOver }: Context,
  kind: LayerStatus["layer"],
  name: string,
  store: ObjectStore,
  prefix: string,
  now: Date,
): Promise<LayerStatus> {
  let objects = 0;
  let bytes = 0;
  let newest = 0;
  for await (const { size, lastModified } of store.list(prefix, passOver)) {
    objects += 1;
    bytes += size;
    newest = Math.max(newest, lastModified.getTime());
  }
  return {
    layer: kind,
    name,
    objects,
    bytes,
    newest: objects === 0 ? null : new Date(newest).toISOString(),
    ageSeconds: objects === 0 ? null : secondsBetween(newest, now),
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
