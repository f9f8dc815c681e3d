/** Updates the current rows of one table: reads silver objects, and merges their rows into its data files. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type pl from "nodejs-polars";
import { SilverChangedError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashBytes } from "../state/content-hash.ts";
import { encodeFileList } from "../state/file-list.ts";
import type { ManifestEntry } from "../state/manifest.ts";
import { encodeParts, type PartialManifest, storedIn } from "../state/manifest-parts.ts";
import { isLegacy, type ListedTable, rowRulesOf, type TableRecord } from "../state/run-record.ts";
import { fileListKey, isSameContent } from "../state/state-keys.ts";
import { type MergedFiles, mergeRows } from "./merge-rows.ts";
import { releaseAllFrames } from "./native-memory.ts";
import { NewRows } from "./new-rows.ts";
import { countOutdated } from "./silver-contracts.ts";
import { readSilver, type SilverVersion } from "./silver-frames.ts";
import { groupSmall, readGroup } from "./silver-groups.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";
import { partitionColumn, SilverReader } from "./silver-reader.ts";

/** A table's current rows after this run. */
export interface CurrentRows {
  readonly record: ListedTable;
  /** The silver objects in it. */
  readonly silver: PartialManifest;
  /** Values of partitions whose rows changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
  /** New state by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
  /** The number of silver objects in them that an older contract made. */
  readonly outdated: number;
}

/** What to read, and where it goes. */
export interface RowsPlan
  extends Pick<TablePlan, "read" | "reread" | "rebuilt" | "kept" | "untouched"> {
  /** The partitions whose rows of `reread` count. Default: those that are rebuilt. */
  readonly only?: TablePlan["rebuilt"];
}

/** The most bytes of CSV that are held as frames. Frames take about 20 times as much memory. */
const bytesInMemory = 4 * 1024 * 1024;
/** The most silver objects that are open at once, each with a piece of CSV in memory. */
const openObjects = 3;

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
  const directory = join(scope.files.directory, `rows-${table.name}`);
  const rows = new NewRows(directory, bytesInMemory);
  const entries = new Map<string, ManifestEntry>(plan.kept);
  for (const [key, entry] of await readInto(rows, scope, table, plan.read, undefined)) {
    entries.set(key, entry);
  }
  const { only = plan.rebuilt } = plan;
  if (only !== "all") {
    const reread = await readInto(rows, scope, table, plan.reread, only);
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
  await rows.flush();
  await releaseAllFrames();
  const merged = await mergeRows(scope, table, { added: rows.files, rebuilt: plan.rebuilt, old });
  await rm(directory, { recursive: true, force: true });
  const { untouched } = plan;
  return await asCurrentRows(scope, table, { entries, untouched }, merged, old);
}

/** Adds the record, the file list and the manifest. @param objects The silver objects in them. */
export async function asCurrentRows(
  { silver, gold, sequence, lists, objectsPerPart }: RunScope,
  table: Table,
  objects: PartialManifest,
  { list, changed, uploads }: MergedFiles,
  old: TableRecord | undefined,
): Promise<CurrentRows> {
  const manifest = await encodeParts(table.name, sequence, objects, objectsPerPart);
  lists.setManifest(manifest.key, storedIn(gold, manifest.parts));
  const listed = await encodeFileList(list);
  const fresh = fileListKey(table.name, sequence, hashBytes(listed));
  const before = old === undefined || isLegacy(old) ? undefined : old.files.key;
  const isSame = before !== undefined && isSameContent(before, fresh);
  const key = isSame ? before : fresh;
  lists.set(key, list);
  const rows = list.files.reduce((sum, file) => sum + file.rows, 0);
  return {
    record: {
      fingerprint: table.currentFingerprint,
      manifest: manifest.key,
      files: { key, rows, count: list.files.length },
      columnIds: list.columnIds,
      rules: rowRulesOf(table),
    },
    silver: objects,
    changed,
    uploads: new Map([...uploads, ...manifest.uploads, [key, listed]]),
    outdated: countOutdated(silver, table, objects),
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
  rows: NewRows,
  { silver, files, packs, concurrency, progress }: RunScope,
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
      for (const value of partitionsIn(frame)) {
        values.add(value);
      }
      await rows.add(frame, bytes, only);
    });
    entries.set(object.key, { ...version, partitions: [...values] });
    progress("merge", table.name, entries.size, objects.length);
  };
  const { groups, single } = groupSmall(objects, bytesInMemory);
  const small = groups.flatMap((group) => group.map(({ key }) => key));
  const copies = await packs.of(table.name, small);
  try {
    for (const group of groups) {
      const found = await readGroup(silver, group, reader, copies);
      if (found === undefined) {
        single.push(...group);
        continue;
      }
      const partitions = new Map<string, Set<string>>();
      for (const { frame, bytes } of found.frames) {
        notePartitions(partitions, frame);
        await rows.add(frame, bytes, only);
      }
      for (const [object, version] of found.versions) {
        const values = partitions.get(object.bronzeKey) ?? [];
        entries.set(object.key, { ...version, partitions: [...values] });
      }
      progress("merge", table.name, entries.size, objects.length);
    }
  } finally {
    await copies.close();
  }
  await inParallel(single, Math.min(concurrency, openObjects), read);
  return entries;
}

/** Notes the partitions of each object in a frame of several. */
function notePartitions(partitions: Map<string, Set<string>>, frame: pl.DataFrame): void {
  const pairs = frame.select("_object", partitionColumn).unique();
  const [objects, values] = ["_object", partitionColumn].map((name) =>
    pairs.getColumn(name).toArray().map(String),
  );
  for (const [index, object] of (objects ?? []).entries()) {
    const known = partitions.get(object) ?? new Set();
    partitions.set(object, known.add(values?.[index] ?? ""));
  }
}

/** The partitions of some rows. */
function partitionsIn(frame: pl.DataFrame): string[] {
  return frame.getColumn(partitionColumn).unique().toArray().map(String);
}
