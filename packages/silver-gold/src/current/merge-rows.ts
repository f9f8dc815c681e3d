/** Merges rows into a table's data files, and names the new ones by their content. */
import { rename, rm } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { digestOfFile } from "@lakehouse/lake/digest";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { MergeInput } from "../engine/engine.ts";
import { StateError, unlessStateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { type ColumnIds, columnIdsOf, idsByName, nextColumnIds } from "../state/column-ids.ts";
import { shortHash } from "../state/content-hash.ts";
import { byPartition } from "../state/data-file.ts";
import { type FileFilter, type FileList, type FileLists, noFiles } from "../state/file-list.ts";
import { readIntact } from "../state/is-intact.ts";
import { isLegacy, type ListedTable, type TableRecord } from "../state/run-record.ts";
import { dataKey, dataPath, isSameContent, tombstonePath } from "../state/state-keys.ts";
import {
  type AddedFile,
  type Merging,
  mergeByTasks,
  nameFilters,
  type TasksMerge,
} from "./merge-by-tasks.ts";
import type { TablePlan } from "./silver-objects.ts";

/** A table's data files after a merge. */
export interface MergedFiles {
  readonly list: FileList;
  /** Values of partitions whose rows changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
  /** New data files by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
}

/** What a merge did. */
type Merged = TasksMerge & { readonly uploads: ReadonlyMap<string, ObjectBody> };

/** What a merge without new rows does. */
const nothingMerged: Merged = {
  removed: [],
  written: [],
  copies: new Map(),
  moves: [],
  tombstones: [],
  filters: [],
  uploads: new Map(),
};

/** Rows to merge. */
export interface RowsToMerge {
  readonly added: readonly AddedFile[];
  /** What it all follows from, as JSON: the same merge has the same. */
  readonly source: unknown;
  /** Partitions whose old rows are replaced. */
  readonly rebuilt: TablePlan["rebuilt"];
  /** What the last run recorded, if any. */
  readonly old: TableRecord | undefined;
  /** Partitions between which keys of the added rows moved, if older rows of these keys are no longer among them. */
  readonly moves?: FileList["moves"];
}

/** Merges rows into those that the last run recorded. */
export async function mergeRows(
  scope: RunScope,
  table: Table,
  { added, rebuilt, old, source, moves: earlierMoves = [] }: RowsToMerge,
): Promise<MergedFiles> {
  const before = await listBefore(scope, old, rebuilt);
  const isKept = (value: string): boolean => rebuilt !== "all" && !rebuilt.has(value);
  const kept = before.files.filter(({ partition }) => isKept(partition));
  // Rows of version 1 are merged like new ones: a key may be in several partitions, and its files have no statistics.
  const earlier = old !== undefined && isLegacy(old) ? kept : [];
  const base = earlier.length > 0 ? [] : kept;
  const deleted = before.tombstones.filter(({ partition }) => isKept(partition));
  const again = [...earlier, ...deleted].map((file): AddedFile => {
    const key = dataKey(table.name, file);
    return { key, open: () => scope.files.verified(key) };
  });
  const columnIds = nextColumnIds(before.columnIds, table.columns);
  const directory = join(scope.files.directory, `merge-${table.name}`);
  const isUnchanged = added.length + earlier.length === 0;
  const merged = isUnchanged
    ? nothingMerged
    : await write(
        scope,
        table,
        { added, again, base, source, fieldIds: idsByName(columnIds) },
        directory,
        before.filters,
      );
  const moves = [
    ...before.moves.filter((pair) => pair.some(isKept)),
    ...earlierMoves,
    ...merged.moves,
  ];
  const named = await nameFiles(scope, table, before.files, merged.written, dataPath);
  const aside = await nameFiles(scope, table, before.tombstones, merged.tombstones, tombstonePath);
  // A copy has no keys that its original has not.
  const copied = merged.written.flatMap((file, index) => {
    const { path: original } = merged.copies.get(file) ?? {};
    const [{ path } = file, known] = [
      named.files[index],
      before.filters.find((filter) => filter.path === original),
    ];
    return known === undefined ? [] : [{ path, key: known.key }];
  });
  const removed = new Set<DataFile>(merged.removed);
  const files = [...base.filter((file) => !removed.has(file)), ...named.files];
  const list: FileList = {
    columnIds,
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    moves: [...new Map(moves.map((pair) => [JSON.stringify(pair), pair])).values()],
    tombstones: isUnchanged ? deleted : aside.files,
    filters: filtersOf(files, [...before.filters, ...copied, ...merged.filters]),
  };
  await rm(directory, { recursive: true, force: true });
  const uploads = new Map([...named.uploads, ...aside.uploads, ...merged.uploads]);
  return { list, changed: changedPartitions(before.files, list.files), uploads };
}

/** Held rows that take the place of others. */
export interface RowsToTake extends Omit<RowsToMerge, "added" | "source" | "moves"> {
  /** The data files with held rows. */
  readonly list: FileList;
  /** Those of them that are not in the store yet. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
}

/** Puts held rows in the place of those that the last run recorded. In partitions that are not rebuilt, merges them. */
export async function takeRows(
  scope: RunScope,
  table: Table,
  { list, uploads, rebuilt, old }: RowsToTake,
): Promise<MergedFiles> {
  const before = await listBefore(scope, old, rebuilt);
  const keyOf = (file: DataFile) => dataKey(table.name, file);
  const isAll = [...before.files, ...before.tombstones].every(
    ({ partition }) => rebuilt === "all" || rebuilt.has(partition),
  );
  if (!isAll) {
    const rows = [...list.files, ...list.tombstones];
    const added = rows.map((file): AddedFile => {
      const key = keyOf(file);
      return { key, open: () => scope.files.verified(key) };
    });
    const source = {
      kind: "held",
      table: table.name,
      fingerprint: table.currentFingerprint,
      held: rows.map(({ path }) => path),
      rebuilt: rebuilt === "all" ? rebuilt : [...rebuilt].sort(),
      old: old === undefined ? null : isLegacy(old) ? old.partitions : old.files.key,
    };
    return await mergeRows(scope, table, { added, rebuilt, old, source, moves: list.moves });
  }
  const known = byPartition(before.files);
  const left = new Map(uploads);
  const files = await inParallel(list.files, scope.concurrency, async (file) => {
    const same = known.get(file.partition)?.find((each) => isSameContent(keyOf(each), keyOf(file)));
    if (same === undefined) {
      return file;
    }
    left.delete(keyOf(file));
    if (!(await scope.files.isIntact(keyOf(same)))) {
      const path = await scope.files.verified(keyOf(file));
      left.set(keyOf(same), { path: await scope.files.copy(path) });
      scope.files.set(keyOf(same), path);
    }
    return same;
  });
  const columnIds = nextColumnIds(before.columnIds, table.columns);
  const all: FileList = { ...list, columnIds, files, filters: filtersOf(files, list.filters) };
  return { list: all, changed: changedPartitions(before.files, files), uploads: left };
}

/** The file list so far. A rebuild does without a damaged one, but not without the ids of columns. */
async function listBefore(
  { lists }: RunScope,
  old: TableRecord | undefined,
  rebuilt: TablePlan["rebuilt"],
): Promise<FileList> {
  if (old === undefined) {
    return noFiles;
  }
  try {
    return await lists.of(old);
  } catch (error) {
    if (rebuilt === "all" && error instanceof StateError && !isLegacy(old)) {
      return { ...noFiles, columnIds: old.columnIds ?? (await openColumnIds(lists, old)) };
    }
    throw error;
  }
}

/** The ids of columns in the metadata of an open table, for a record that has none. */
async function openColumnIds(lists: FileLists, { open }: ListedTable): Promise<ColumnIds> {
  // A table whose metadata is lost, too, begins again.
  const table = open && (await lists.openTable(open.key).catch(unlessStateError));
  return columnIdsOf(table?.schema.columns ?? []);
}

async function write(
  scope: RunScope,
  table: Table,
  merging: Merging,
  directory: string,
  filters: readonly FileFilter[],
): Promise<Merged> {
  const { fieldIds, base, added, again } = merging;
  const keys = new Map(filters.map(({ path, key }) => [path, key]));
  const inputOf = async (files: readonly AddedFile[]): Promise<MergeInput> => ({
    table,
    fieldIds,
    added: await inParallel(files, scope.concurrency, (file) => file.open()),
    base,
    open: (file) => scope.files.verified(dataKey(table.name, file)),
    filter: async ({ path }) => {
      const key = keys.get(path);
      // The merge reads the file instead of a filter that was lost, and makes another.
      return key === undefined
        ? undefined
        : await readIntact(scope.gold, key).catch(unlessStateError);
    },
    concurrency: scope.concurrency,
    directory,
    onProgress: (done, total) => scope.progress("merge", `${table.name} files`, done, total),
  });
  const shared = await mergeByTasks(scope, table, merging, inputOf);
  if (shared !== undefined) {
    return { ...shared, uploads: new Map() };
  }
  const merged = await scope.engine.mergeFiles(await inputOf([...added, ...again]));
  return { ...merged, ...nameFilters(scope, table, merged.filters) };
}

/** The filters of these files, the last of each. */
function filtersOf(files: readonly DataFile[], filters: readonly FileFilter[]): FileFilter[] {
  const keys = new Map(filters.map(({ path, key }) => [path, key]));
  return files.flatMap(({ path }) => {
    const key = keys.get(path);
    return key === undefined ? [] : [{ path, key }];
  });
}

/** Gives new files their names. One with the content of an old file is that file. */
async function nameFiles(
  scope: RunScope,
  table: Table,
  before: readonly DataFile[],
  written: readonly DataFile[],
  pathOf: typeof tombstonePath,
): Promise<{ readonly files: DataFile[]; readonly uploads: Map<string, ObjectBody> }> {
  const { files: local, sequence, concurrency } = scope;
  const known = byPartition(before);
  const uploads = new Map<string, ObjectBody>();
  const files = await inParallel(written, concurrency, async (file) => {
    if (!isAbsolute(file.path)) {
      return await nameStored(scope, table, known, file, uploads);
    }
    const sha256 = await digestOfFile(file.path);
    const path = pathOf(table, file.partition, sequence, shortHash(sha256));
    const moved = local.newPath("parquet");
    const named = { ...file, path };
    const key = dataKey(table.name, named);
    const same = known
      .get(file.partition)
      ?.find((old) => isSameContent(dataKey(table.name, old), key));
    if (same === undefined) {
      await rename(file.path, moved);
      uploads.set(key, { path: moved, sha256 });
      local.set(key, moved);
      return named;
    }
    const old = dataKey(table.name, same);
    if (!(await local.isIntact(old))) {
      // The file was lost or changed. It is replaced by the one rebuilt from silver.
      await rename(file.path, moved);
      uploads.set(old, { path: moved, sha256 });
      local.set(old, moved);
    }
    return same;
  });
  return { files, uploads };
}

/** Names a file that a task has put in its place. One with the content of an old file is that file. */
async function nameStored(
  { files: local }: RunScope,
  table: Table,
  known: ReadonlyMap<string, readonly DataFile[]>,
  file: DataFile,
  uploads: Map<string, ObjectBody>,
): Promise<DataFile> {
  const key = dataKey(table.name, file);
  const same = known
    .get(file.partition)
    ?.find((old) => isSameContent(dataKey(table.name, old), key));
  const old = same && dataKey(table.name, same);
  if (old !== undefined && old !== key && !(await local.isIntact(old))) {
    const path = await local.verified(key);
    uploads.set(old, { path });
    local.set(old, path);
  }
  return same ?? file;
}

/** The partitions with other files than before. */
function changedPartitions(before: readonly DataFile[], after: readonly DataFile[]): Set<string> {
  const pathsOf = (files: readonly DataFile[]) =>
    new Map(
      [...byPartition(files)].map(([value, group]) => [
        value,
        JSON.stringify(group.map(({ path }) => path).sort()),
      ]),
    );
  const [then, now] = [pathsOf(before), pathsOf(after)];
  return new Set(
    [...then.keys(), ...now.keys()].filter((value) => then.get(value) !== now.get(value)),
  );
}
