/**
 * Held rows: rows of new current rows of a table that are merged slice by slice, and take the place of the old ones once
 * all of their silver has been read. Until then nothing of them is published.
 */

import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { RunScope } from "../run-scope.ts";
import type { Manifest, ManifestEntry } from "../state/manifest.ts";
import { readManifest } from "../state/manifest-parts.ts";
import type { HeldTable, RunRecord, TableRecord } from "../state/run-record.ts";
import { keysOfManifest } from "../state/state-of.ts";
import { alone } from "../tasks/tasks.ts";
import { asCurrentRows, type CurrentRows, updateCurrentRows } from "./current-rows.ts";
import { takeRows } from "./merge-rows.ts";
import { recognizeRewritten } from "./rewritten.ts";
import { contractsOf, knownUntil } from "./silver-contracts.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";

/** Held rows of a table, and the silver objects that are in them. */
export interface Held {
  readonly record: HeldTable;
  readonly entries: Manifest;
  /** They know the contracts of objects that were written before this time, in milliseconds. */
  readonly until: number;
}

/** Held rows after a slice. */
export interface ExtendedHeld extends Omit<Held, "until"> {
  /** New state by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
}

/**
 * Reads which objects are held.
 *
 * @param all What the run record holds.
 * @returns Undefined if nothing is held, or if it no longer fits the plan: an object in it was replaced or removed, more
 *   partitions are rebuilt, or the contract changed.
 */
export async function readHeld(
  { gold, silver, concurrency }: RunScope,
  table: Table,
  plan: TablePlan,
  all: RunRecord["held"],
): Promise<Held | undefined> {
  const record = all?.tables[table.name];
  if (
    all === undefined ||
    record === undefined ||
    record.fingerprint !== table.currentFingerprint
  ) {
    return undefined;
  }
  const replaces = record.replaces === null ? undefined : new Set(record.replaces);
  const isWide =
    replaces === undefined
      ? plan.rebuilt === "all"
      : plan.rebuilt !== "all" && plan.rebuilt.isSubsetOf(replaces);
  if (!isWide) {
    return undefined;
  }
  const stored = await readManifest(gold, record.manifest);
  const objects = [...plan.read, ...plan.reread];
  const { manifest } = await recognizeRewritten(silver, objects, stored, concurrency);
  const etags = new Map(objects.map(({ key, etag }) => [key, etag]));
  if ([...manifest].some(([key, { etag }]) => etags.get(key) !== etag)) {
    return undefined;
  }
  return { record, entries: manifest, until: knownUntil(all) };
}

/** Looks up the contracts of objects that may have been processed again since they were read. */
export async function withHeldContracts(
  { silver, concurrency }: RunScope,
  plan: TablePlan,
  held: Held,
): Promise<Held> {
  const { entries, until } = held;
  const objects = [...plan.read, ...plan.reread].filter(({ key }) => entries.has(key));
  const contracts = await contractsOf({ silver, concurrency }, objects, {
    manifest: entries,
    until,
  });
  const renewed = [...entries].map(
    ([key, entry]) => [key, { ...entry, contract: contracts.get(key) }] as const,
  );
  return { ...held, entries: new Map(renewed) };
}

/** Merges silver objects into held rows. */
export async function extendHeld(
  scope: RunScope,
  table: Table,
  plan: TablePlan,
  objects: ReadonlySet<SilverObject>,
  held: Omit<Held, "until"> | undefined,
): Promise<ExtendedHeld> {
  const reread = plan.reread.filter((object) => objects.has(object));
  const kept = new Map<string, ManifestEntry>(held?.entries);
  for (const { key } of reread) {
    const entry = plan.kept.get(key);
    if (entry !== undefined) {
      kept.set(key, { ...entry, partitions: [] });
    }
  }
  const { record, silver, uploads } = await updateCurrentRows(
    scope,
    table,
    {
      read: plan.read.filter((object) => objects.has(object)),
      reread,
      only: plan.rebuilt,
      rebuilt: new Set(),
      kept,
      untouched: [],
    },
    held?.record,
  );
  const replaces = plan.rebuilt === "all" ? null : [...plan.rebuilt].sort();
  return { record: { ...record, replaces }, entries: silver.entries, uploads };
}

/**
 * Replaces a table's current rows by held rows. In partitions that are not rebuilt, it merges them.
 *
 * @param held Rows of all objects that the plan reads.
 */
export async function takeOver(
  scope: RunScope,
  table: Table,
  plan: TablePlan,
  old: TableRecord | undefined,
  held: ExtendedHeld,
): Promise<CurrentRows> {
  const uploads = new Map(held.uploads);
  for (const key of await keysOfManifest(scope.lists, held.record)) {
    uploads.delete(key);
  }
  uploads.delete(held.record.files.key);
  const list = await scope.lists.of(held.record);
  const merged = await alone(scope, () =>
    takeRows(scope, table, { list, uploads, rebuilt: plan.rebuilt, old }),
  );
  const entries = mergedEntries(plan.kept, held.entries);
  const { untouched } = plan;
  return await asCurrentRows(scope, table, { entries, untouched }, merged, old);
}

/** An object that was read only for some partitions has rows in its other partitions too. */
function mergedEntries(kept: Manifest, held: Manifest): Manifest {
  const entries = new Map([...kept, ...held]);
  for (const [key, { partitions }] of kept) {
    const entry = entries.get(key);
    if (entry !== undefined) {
      entries.set(key, {
        ...entry,
        partitions: [...new Set([...partitions, ...entry.partitions])],
      });
    }
  }
  return entries;
}
