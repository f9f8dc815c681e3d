/** One silver → gold run. */

import { openWorkgroup } from "@lakehouse/silver-gold/athena";
import { CheckFailedError } from "@lakehouse/silver-gold/errors";
import { noteFailedChecks } from "@lakehouse/silver-gold/failed-checks";
import type { GoldOptions, GoldProgress, GoldRun } from "@lakehouse/silver-gold/gold-run";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { number } from "@lakehouse/terminal/words";
import type { Context } from "../../context.ts";
import { DeployedLakeError, UsageError, unknownName } from "../../errors.ts";
import { outdatedTables, type WithOutdated } from "../../outdated.ts";
import type { Task } from "../../output/progress.ts";
import { startWorkers } from "./workers.ts";

/** The result of a run. */
export interface GoldResult extends WithOutdated<Omit<GoldRun, "currentRows" | "outdated">> {
  /** Of all tables. */
  readonly currentRows: number;
  readonly currentRowsByTable: GoldRun["currentRows"];
}

/** How to run. */
export interface GoldSettings {
  /** Builds all current rows and models again. */
  readonly rebuild?: boolean;
  /** Removes tables and models from gold that the catalog no longer defines. */
  readonly prune?: boolean;
  /** The names of models to build, with those that they read. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** The names of tables and models that may lose more rows than their checks allow. */
  readonly acceptDecrease?: readonly string[] | undefined;
  /** The memory that DuckDB uses before it spills to disk, in MiB. */
  readonly memoryMib?: number | undefined;
  /** How many worker processes share the work. Default: this process does everything. */
  readonly workers?: number | undefined;
  /** About how much silver a task of the workers reads, in MiB. */
  readonly taskMib?: number | undefined;
  /** The most silver that a slice reads, in MiB. */
  readonly sliceMib?: number | undefined;
  /** Whether current rows are Iceberg tables too. Default: as they are. */
  readonly iceberg?: boolean | undefined;
  /** How many days earlier versions of current rows can be read. Default: as before. */
  readonly retentionDays?: number | undefined;
  /** Copies small silver objects into packs after this number of days. Default: it makes none. */
  readonly packAfter?: number | undefined;
}

/** Runs once. Of two runs at the same time, one ends cleanly and publishes nothing. */
export async function gold(context: Context, settings: GoldSettings = {}): Promise<GoldResult> {
  const { rebuild = false, prune = false, acceptDecrease = [], memoryMib } = settings;
  const { taskMib, sliceMib, iceberg, retentionDays, only, packAfter } = settings;
  const { lake, catalog, scratch, passOver, progress, signal } = context;
  checkOnly(context, settings);
  let shown: { readonly of: string; readonly task: Task } | undefined;
  const onProgress = ({ stage, name, done, total, backlog }: GoldProgress): void => {
    // A run may stop anywhere. The next one publishes what is left.
    signal.throwIfAborted();
    const objects =
      backlog && ` (${number(backlog.done)} of ${number(backlog.total)} objects done)`;
    const label = `gold: ${stage}${objects ?? ""}`;
    const of = `${label} ${name} ${total}`;
    shown = shown?.of === of ? shown : { of, task: progress.start(label, name, total) };
    shown.task.reach(done);
  };
  await using workers =
    settings.workers === undefined ? undefined : startWorkers(context, settings.workers, memoryMib);
  try {
    const memory = memoryMib === undefined ? {} : { memoryLimitMib: memoryMib };
    const work = { rebuild, prune, acceptDecrease, only };
    const tableCatalog = await openCatalog(context);
    const athena = await openWorkgroup(lake.gold, context.settings);
    const tables = { iceberg, retentionDays, tableCatalog, athena };
    const packs = packAfter === undefined ? undefined : { afterDays: packAfter };
    const limits = { taskMib, sliceMib, packs, tasks: workers?.dispatch, ...memory };
    const options = { ...work, ...tables, ...limits, scratch, passOver, onProgress };
    const run = await runGold(lake, catalog, options);
    const currentRows = Object.values(run.currentRows).reduce((sum, rows) => sum + rows, 0);
    shown?.task.end();
    const outdated = await outdatedTables(context);
    return { ...run, currentRows, currentRowsByTable: run.currentRows, outdated };
  } catch (error) {
    if (error instanceof CheckFailedError) {
      await noteFailedChecks(lake.gold, error, new Date());
    }
    throw error;
  } finally {
    shown?.task.end();
  }
}

/** @throws UsageError if `only` names something else than models, or options exclude it. */
function checkOnly({ catalog }: Context, { only, rebuild, prune }: GoldSettings): void {
  if (only === undefined) {
    return;
  }
  if (rebuild === true || prune === true) {
    const other = rebuild === true ? "--rebuild" : "--prune";
    throw new UsageError(
      `--only works on some models, and ${other} on all of them`,
      "Leave one of them out.",
    );
  }
  const unknown = only.find((name) => !catalog.models.some((model) => model.name === name));
  if (unknown !== undefined) {
    throw unknownName("model", unknown, catalog.models);
  }
}

/** The catalog of a lake in S3. Other lakes never load its client. */
async function openCatalog({
  environment,
  location,
  settings,
}: Context): Promise<GoldOptions["tableCatalog"]> {
  const { glueDatabase } = settings;
  if (environment !== undefined && glueDatabase === undefined) {
    // Its Glue tables read manifests, which this version removes.
    throw new DeployedLakeError(
      environment,
      "an earlier version deployed it",
      `Deploy this version first: pnpm run deploy --env ${environment}`,
    );
  }
  if (location !== "s3" || glueDatabase === undefined) {
    return undefined;
  }
  const { GlueDatabase } = await import("@lakehouse/silver-gold/glue");
  return new GlueDatabase(glueDatabase, settings);
}
