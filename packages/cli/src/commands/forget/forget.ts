/** Removes the records that fulfil a condition from every layer of a lake. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  bronzePrefix,
  isBronzeKey,
  quarantineKey,
  reportKey,
  silverKey,
  silverKeys,
  taskPrefix,
} from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { EngineError } from "@lakehouse/silver-gold/engine";
import { inspect } from "@lakehouse/silver-gold/inspect";
import { openEngine } from "@lakehouse/silver-gold/open-engine";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { DataError, UsageError } from "../../errors.ts";
import { processObjects, requirePersonalKey } from "../../process-objects.ts";
import { gold } from "../gold/gold.ts";
import { retiredText } from "../gold/retired.ts";
import { checkCondition, findRecords, namedColumns } from "./find-records.ts";
import {
  type ForgetReceipt,
  finishPlan,
  type Plan,
  type PlannedObject,
  plannedRecords,
  readPlan,
  writePlan,
} from "./plan.ts";
import { rewriteObject } from "./rewrite-object.ts";

/** Some objects of a layer that are rewritten. */
export interface LayerPart {
  readonly objects: number;
  /** Records in Bronze that are removed; rows or refused records that the objects of other layers have now. */
  readonly records: number;
  readonly bytes: number;
}

/** A record that could not be read. */
export interface UnreadRecord {
  readonly object: string;
  readonly line: number;
}

/** What would be removed. */
export interface Preview {
  readonly plan: Plan;
  /** Whether an earlier command was interrupted, and this is what is left of it. */
  readonly isUnderWay: boolean;
  readonly layers: Readonly<Record<"bronze" | "silver" | "quarantine", LayerPart>>;
  /** The tables and models of gold that are brought up to date. */
  readonly gold: readonly string[];
  /** The first of the records that were not looked into. */
  readonly unread: readonly UnreadRecord[];
}

/** What was removed. */
export interface Forgotten extends ForgetReceipt {
  /** Earlier versions that S3 does not let go yet. Then the command has to be run again. */
  readonly locked: number;
  /** Objects that something else replaced meanwhile. What they hold now was not looked into. */
  readonly replaced: readonly string[];
}

const shownUnread = 5;
/** How often a gold run is tried that another one overtakes. */
const goldAttempts = 5;

/** Returns what is left of an interrupted removal; undefined if there is none. */
export async function underWay(context: Context, table: Table): Promise<Preview | undefined> {
  const plan = await readPlan(context.lake.gold, table.name);
  return plan === undefined ? undefined : await previewOf(context, plan, true, []);
}

/**
 * Finds what fulfils a condition. Nothing is written.
 *
 * @throws UsageError if the condition has a mistake.
 */
export async function findForgotten(
  context: Context,
  table: Table,
  where: string,
): Promise<Preview> {
  const { lake, scratch, passOver, progress, signal } = context;
  const named = namedColumns(table, where);
  const directory = join(scratch, "forget");
  await mkdir(directory, { recursive: true });
  using engine = await openEngine({ directory, folders: [directory], signal });
  using session = await engine.session();
  const keys = await keysOf(lake.bronze, table, passOver);
  const objects: PlannedObject[] = [];
  const unread: UnreadRecord[] = [];
  let unreadCount = 0;
  const task = progress.start(`looking into ${table.name}`, "objects", keys.length);
  try {
    await checkCondition(engine, session, named, where);
    for (const { key, etag } of keys) {
      signal.throwIfAborted();
      const found = await findRecords(session, lake.bronze, key, named, where, directory);
      if (found.ranges.length > 0) {
        objects.push({ key, etag, records: found.records, ranges: found.ranges });
      }
      unreadCount += found.unread.length;
      unread.push(...found.unread.slice(0, shownUnread).map((line) => ({ object: key, line })));
      task.advance(1);
    }
  } catch (error) {
    throw error instanceof EngineError && error.fault !== "other"
      ? new UsageError(
          `--where is not a condition over ${table.name}: ${error.summary.trim()}`,
          `Write SQL over its columns, such as --where "${named.columns[0]?.name} = 42".`,
        )
      : error;
  } finally {
    task.end();
  }
  const startedAt = new Date().toISOString();
  const plan = { table: table.name, startedAt, objects, unread: unreadCount };
  return await previewOf(context, plan, false, unread.slice(0, shownUnread));
}

async function keysOf(
  bronze: ObjectStore,
  { name }: Table,
  passOver: Context["passOver"],
): Promise<{ readonly key: string; readonly etag: string }[]> {
  const keys: { readonly key: string; readonly etag: string }[] = [];
  for await (const { key, etag } of bronze.list(bronzePrefix(name), passOver)) {
    if (isBronzeKey(key, passOver)) {
      keys.push({ key, etag });
    }
  }
  return keys;
}

async function previewOf(
  { lake, catalog }: Context,
  plan: Plan,
  isUnderWay: boolean,
  unread: readonly UnreadRecord[],
): Promise<Preview> {
  const sums = {
    bronze: { objects: 0, records: plannedRecords(plan), bytes: 0 },
    silver: { objects: 0, records: 0, bytes: 0 },
    quarantine: { objects: 0, records: 0, bytes: 0 },
  };
  const table = catalog.tables.find(({ name }) => name === plan.table);
  for (const { key } of plan.objects) {
    const bronze = await lake.bronze.head(key);
    const silver = await lake.silver.head(silverKey(key, table?.format.silver ?? "csv"));
    const quarantine = await lake.silver.head(quarantineKey(key));
    const receipt = receiptFromMetadata(silver?.metadata ?? {});
    for (const [layer, head, records] of [
      ["bronze", bronze, 0],
      ["silver", silver, receipt?.rows ?? 0],
      ["quarantine", quarantine, receipt?.quarantined ?? 0],
    ] as const) {
      if (head !== undefined) {
        sums[layer].objects += 1;
        sums[layer].records += records;
        sums[layer].bytes += head.size;
      }
    }
  }
  const names = [plan.table, ...catalog.models.map(({ name }) => name)];
  return { plan, isUnderWay, layers: sums, gold: names, unread };
}

/**
 * Carries a plan out. Each step can be repeated: if it is interrupted, the next command goes on.
 *
 * @throws PersonalKeyError before anything is removed, if there is no key to process objects with.
 * @throws UsageError before anything is removed, if gold keeps rows that no run would bring up to date.
 * @param preview What `findForgotten` or `underWay` returned.
 */
export async function forget(
  context: Context,
  table: Table,
  { plan, isUnderWay }: Preview,
): Promise<Forgotten> {
  const { lake, scratch, progress, signal } = context;
  await mkdir(scratch, { recursive: true });
  await requireNothingRetired(context);
  await requirePersonalKey(context, [table.name]);
  if (!isUnderWay) {
    await writePlan(lake.gold, plan);
  }
  const task = progress.start("removing records from bronze", "objects", plan.objects.length);
  try {
    for (const object of plan.objects) {
      signal.throwIfAborted();
      await rewriteObject(lake.bronze, table, object, scratch);
      task.advance(1);
    }
  } finally {
    task.end();
  }
  const keys = plan.objects.map(({ key }) => key);
  const { failed } = await processObjects(context, keys);
  const [first] = failed;
  if (first !== undefined) {
    throw new DataError(
      `${JSON.stringify(first.object)} could not be processed again: ${first.error} `,
      `Fix it, then run lakehouse forget ${table.name} to go on.`,
    );
  }
  const replaced = await replacedObjects(context, table, plan);
  await bringGoldUpToDate(context, table);
  await beginOpenTablesAgain(context, table);
  await bringGoldUpToDate(context, table);
  // These have rows. The next run of the gold function writes another report, and no run needs the tasks of those before.
  await lake.gold.delete(reportKey);
  const tasks = await Array.fromAsync(lake.gold.list(taskPrefix));
  await lake.gold.deleteAll(tasks.map(({ key }) => key));
  const { removed, locked } = await removeVersions(context, keys);
  const receipt = {
    table: table.name,
    startedAt: plan.startedAt,
    finishedAt: new Date().toISOString(),
    objects: plan.objects.length,
    records: plannedRecords({ objects: plan.objects.filter(({ key }) => !replaced.includes(key)) }),
    unread: plan.unread,
    versions: removed,
  };
  if (locked === 0) {
    await finishPlan(lake.gold, receipt);
  }
  return { ...receipt, locked, replaced };
}

/** @throws UsageError if gold keeps rows of what is no longer defined. No run would remove the records from them. */
async function requireNothingRetired({ lake, catalog }: Context): Promise<void> {
  const { retired } = await inspect(lake.gold, catalog);
  const left = retired.filter(({ kind }) => kind === "model");
  if (left.length > 0) {
    throw new UsageError(
      `Gold still has ${left.map(retiredText).join(", ")}, no longer defined, which may hold these records`,
      "Remove it with lakehouse gold --prune, or put its definition back. Then run lakehouse forget again.",
    );
  }
}

/** The objects from which the records were not removed, because they were replaced after the plan was made. */
async function replacedObjects(
  { lake }: Context,
  { format }: Table,
  { objects }: Plan,
): Promise<readonly string[]> {
  const replaced: string[] = [];
  for (const { key, ranges } of objects) {
    const head = await lake.silver.head(silverKey(key, format.silver));
    const { forgotten = 0 } = receiptFromMetadata(head?.metadata ?? {}) ?? {};
    if (forgotten < ranges.length) {
      replaced.push(key);
    }
  }
  return replaced;
}

/** Runs gold until it has all of silver. */
async function bringGoldUpToDate(context: Context, table: Table): Promise<void> {
  const { models } = context.catalog;
  // A partition with a lookup keeps what that was when it was built.
  const rebuild = models.some(
    ({ materialization }) =>
      materialization.kind === "incremental" && materialization.lookups.length > 0,
  );
  const acceptDecrease = [table.name, ...models.map(({ name }) => name)];
  let overtaken = 0;
  for (let run = 0; ; run += 1) {
    const { outcome, remaining } = await gold(context, {
      acceptDecrease,
      rebuild: rebuild && run === 0,
    });
    overtaken += outcome === "superseded" ? 1 : 0;
    if (overtaken === goldAttempts) {
      throw new DataError(
        "Other gold runs were at work all the time. ",
        `Pause them, then run lakehouse forget ${table.name} to go on.`,
      );
    }
    if (outcome !== "superseded" && outcome !== "unfinished" && remaining.objects === 0) {
      return;
    }
  }
}

/**
 * Removes the logs of open tables, which have bounds of removed values, and name files of earlier versions. The next run begins
 * them again, and removes what no version has.
 */
async function beginOpenTablesAgain({ lake, catalog }: Context, table: Table): Promise<void> {
  const models = catalog.models.filter(({ format }) => format === "table");
  for (const { name } of [table, ...models]) {
    for (const folder of ["_delta_log", "metadata"]) {
      const listed = await Array.fromAsync(lake.gold.list(`${name}/${folder}/`));
      await lake.gold.deleteAll(listed.map(({ key }) => key));
    }
  }
}

/** Removes earlier versions of everything that had the records: of the objects, and of all of gold. */
async function removeVersions(
  { lake, signal }: Context,
  bronzeKeys: readonly string[],
): Promise<{ removed: number; locked: number }> {
  const sum = { removed: 0, locked: 0 };
  const remove = async (store: ObjectStore, prefix: string): Promise<void> => {
    signal.throwIfAborted();
    const done = await store.removeEarlierVersions?.(prefix);
    sum.removed += done?.removed ?? 0;
    sum.locked += done?.locked ?? 0;
  };
  for (const key of bronzeKeys) {
    await remove(lake.bronze, key);
    for (const silver of silverKeys(key)) {
      await remove(lake.silver, silver);
    }
    await remove(lake.silver, quarantineKey(key));
  }
  await remove(lake.gold, "");
  return sum;
}
