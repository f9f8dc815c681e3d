/** Updates the current rows of one table: reads silver objects, writes changed partitions. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { currentFormat } from "@lakehouse/lake/keys";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import { SilverChangedError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashBytes, hashFile } from "../state/content-hash.ts";
import { encodeManifest, type Manifest, type ManifestEntry } from "../state/manifest.ts";
import type { TableRecord } from "../state/run-record.ts";
import { currentKey, isSameContent, manifestKey } from "../state/state-keys.ts";
import { mergePartition } from "./merge-partition.ts";
import { releaseAllFrames } from "./native-memory.ts";
import { countOutdated } from "./silver-contracts.ts";
import { readSilver, type SilverVersion } from "./silver-frames.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";
import { SilverReader } from "./silver-reader.ts";
import { Spill } from "./spill.ts";

/** A table's current rows after this run. */
export interface CurrentRows {
  readonly record: TableRecord;
  /** The silver objects in it. */
  readonly entries: Manifest;
  /** Values of partitions whose rows changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
  /** New state by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
  /** The number of silver objects in them that an older contract made. */
  readonly outdated: number;
}

/** What to read, and where it goes. */
export interface RowsPlan extends Pick<TablePlan, "read" | "reread" | "rebuilt" | "kept"> {
  /** The partitions whose rows of `reread` count. Default: those that are rebuilt. */
  readonly only?: TablePlan["rebuilt"];
}

/** The most bytes of CSV that are held as frames. Frames take about 20 times as much memory. */
const bytesInMemory = 4 * 1024 * 1024;
/** The most silver objects that are open at once, each with a piece of CSV in memory. */
const openObjects = 8;

/**
 * Merges a table's silver objects into its current rows.
 *
 * @param old What the last run recorded, if any.
 */
export async function updateCurrentRows(
  scope: RunScope,
  table: Table,
  plan: RowsPlan,
  old: TableRecord | undefined,
): Promise<CurrentRows> {
  const directory = join(scope.files.directory, `spill-${table.name}`);
  const spill = new Spill(directory, bytesInMemory);
  const entries = new Map<string, ManifestEntry>(plan.kept);
  for (const [key, entry] of await readInto(spill, scope, table, plan.read, undefined)) {
    entries.set(key, entry);
  }
  const { only = plan.rebuilt } = plan;
  if (only !== "all") {
    const reread = await readInto(spill, scope, table, plan.reread, only);
    for (const object of plan.reread) {
      const [entry, found] = [entries.get(object.key), reread.get(object.key)];
      if (entry !== undefined && found !== undefined) {
        refuseChanged(object, entry, found);
        // Usually the same partitions, but the object may have been replaced during this run.
        const partitions = [...new Set([...entry.partitions, ...found.partitions])];
        entries.set(object.key, { ...entry, partitions });
      }
    }
  }
  await spill.flush();
  const merged = await mergeInto(scope, table, plan, spill, old);
  await rm(directory, { recursive: true, force: true });
  return await asCurrentRows(scope, table, entries, merged);
}

/** Partitions after a merge. */
interface MergedPartitions extends Pick<CurrentRows, "changed"> {
  readonly partitions: ReadonlyMap<string, TableRecord["partitions"][string]>;
  readonly uploads: Map<string, ObjectBody>;
}

/** Adds the record and the manifest of these entries. */
export async function asCurrentRows(
  { silver, sequence }: RunScope,
  table: Table,
  entries: Manifest,
  { partitions, changed, uploads }: MergedPartitions,
): Promise<CurrentRows> {
  const bytes = await encodeManifest(entries);
  const manifest = manifestKey(table.name, sequence, hashBytes(bytes));
  const sorted = [...partitions].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    record: {
      fingerprint: table.currentFingerprint,
      manifest,
      partitions: Object.fromEntries(sorted),
    },
    entries,
    changed,
    uploads: uploads.set(manifest, bytes),
    outdated: countOutdated(silver, table, entries),
  };
}

/** What was read of an object. */
type ReadEntry = ManifestEntry & SilverVersion;

/** @throws SilverChangedError if an object still is the version that was merged, but its content is not. */
function refuseChanged(object: SilverObject, merged: ManifestEntry, found: ReadEntry): void {
  const { etag, sha256 = found.sha256 } = merged;
  if (etag === found.etag && sha256 !== found.sha256) {
    throw new SilverChangedError(object, "its content has changed since a gold run merged it");
  }
}

/** Reads objects. @returns By key, what was read of each object. */
async function readInto(
  spill: Spill,
  { silver, files, concurrency, progress }: RunScope,
  table: Table,
  objects: readonly SilverObject[],
  only: ReadonlySet<string> | undefined,
): Promise<Map<string, ReadEntry>> {
  const entries = new Map<string, ReadEntry>();
  const reader = new SilverReader(table);
  const read = async (object: SilverObject): Promise<void> => {
    const options = { chunkBytes: bytesInMemory, directory: join(files.directory, "silver") };
    const values = new Set<string>();
    const version = await readSilver(silver, object, reader, options, async ({ frame, bytes }) => {
      for (const value of await spill.add(frame, bytes, only)) {
        values.add(value);
      }
    });
    entries.set(object.key, { ...version, partitions: [...values] });
    progress("merge", table.name, entries.size, objects.length);
  };
  await inParallel(objects, Math.min(concurrency, openObjects), read);
  return entries;
}

async function mergeInto(
  scope: RunScope,
  table: Table,
  plan: RowsPlan,
  spill: Spill,
  recorded: TableRecord | undefined,
): Promise<MergedPartitions> {
  const before = new Map(Object.entries(recorded?.partitions ?? {}));
  const after = new Map(plan.rebuilt === "all" ? [] : before);
  const changed = new Set<string>();
  const uploads = new Map<string, ObjectBody>();
  const rebuilt = plan.rebuilt === "all" ? new Set(before.keys()) : plan.rebuilt;
  const values = [...new Set([...rebuilt, ...spill.files.keys()])].sort();
  const bases = values.flatMap((value) => (rebuilt.has(value) ? [] : (before.get(value) ?? [])));
  await inParallel(bases, scope.concurrency, ({ key }) => scope.files.get(key));
  // One at a time: Polars uses all processors for each, and memory may suffice for only one.
  for (const [index, value] of values.entries()) {
    const old = before.get(value);
    const base =
      old === undefined || rebuilt.has(value) ? undefined : await scope.files.verified(old.key);
    const path = scope.files.newPath(currentFormat);
    const spilled = spill.files.get(value) ?? [];
    const rows = await mergePartition(table, base === undefined ? [] : [base], spilled, path);
    await Promise.all(spilled.map((file) => rm(file)));
    scope.progress("merge", `${table.name} partitions`, index + 1, values.length);
    const key =
      rows === 0 ? undefined : currentKey(table, value, scope.sequence, await hashFile(path));
    if (key !== undefined && old !== undefined && isSameContent(old.key, key)) {
      after.set(value, old);
      if (base === undefined && !(await scope.files.isIntact(old.key))) {
        // The file was lost or changed. It is replaced by the one rebuilt from silver.
        uploads.set(old.key, { path });
        scope.files.set(old.key, path);
      } else {
        await rm(path);
      }
    } else if (key !== undefined) {
      after.set(value, { key, rows });
      changed.add(value);
      uploads.set(key, { path });
      scope.files.set(key, path);
    } else {
      after.delete(value);
      if (old !== undefined) {
        changed.add(value);
      }
    }
  }
  await releaseAllFrames();
  return { partitions: after, changed, uploads };
}
