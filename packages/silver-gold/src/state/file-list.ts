/** A table's file list: the data files with its current rows. It is an object of state that the run record names. */
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Committed, OpenTable } from "@lakehouse/open-tables/open-table";
import * as z from "zod";
import { StateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import { type ColumnIds, columnIdsSchema, noColumnIds } from "./column-ids.ts";
import { byPartition, dataFileSchema } from "./data-file.ts";
import { readIntact } from "./is-intact.ts";
import type { Manifest } from "./manifest.ts";
import {
  openManifest,
  type PartialManifest,
  readAtOnce,
  type StoredManifest,
} from "./manifest-parts.ts";
import { readOpenTable } from "./open-table-state.ts";
import { isLegacy, type TableRecord } from "./run-record.ts";
import { legacyPath } from "./state-keys.ts";

export const fileListSchema = z.object({
  columnIds: columnIdsSchema,
  files: z.array(dataFileSchema),
  moves: z.array(z.tuple([z.string(), z.string()])),
  tombstones: z.array(dataFileSchema).default([]),
  filters: z.array(z.object({ path: z.string(), key: z.string() })).default([]),
});

/** What a table consists of. */
export interface FileList {
  /** The ids of its columns in data files. */
  readonly columnIds: ColumnIds;
  /** Sorted by path. */
  readonly files: readonly DataFile[];
  /**
   * Pairs of partitions between which a key has moved: a row in one of them replaced a row in the other. If the silver of
   * one is read again, so is that of the other.
   */
  readonly moves: readonly (readonly [string, string])[];
  /** Files with the latest rows of deleted keys. Every merge reads them, no reader does. Sorted by path. */
  readonly tombstones: readonly DataFile[];
  /** The Bloom filters of some data files' keys: the path of the file, and the key of its filter. Sorted by path. */
  readonly filters: readonly FileFilter[];
}

/** The filter of a data file. */
export interface FileFilter {
  readonly path: string;
  readonly key: string;
}

/** A table without rows. */
export const noFiles: FileList = {
  columnIds: noColumnIds,
  files: [],
  moves: [],
  tombstones: [],
  filters: [],
};

/** Encodes a file list. The same list always gives the same bytes. */
export async function encodeFileList(all: FileList): Promise<Uint8Array> {
  const { columnIds, files, moves, tombstones, filters } = all;
  const byPath = <F extends { readonly path: string }>(a: F, b: F) => (a.path < b.path ? -1 : 1);
  const list = {
    columnIds,
    files: files.toSorted(byPath),
    moves: moves.toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
    ...(tombstones.length > 0 && { tombstones: tombstones.toSorted(byPath) }),
    ...(filters.length > 0 && { filters: filters.toSorted(byPath) }),
  };
  return await promisify(gzip)(JSON.stringify(list));
}

/** @throws StateError if the object is missing or damaged, or is not what a run wrote. */
async function readFileList(gold: ObjectStore, key: string): Promise<FileList> {
  const bytes = await readIntact(gold, key);
  try {
    return fileListSchema.parse(
      JSON.parse((await promisify(gunzip)(bytes)).toString()),
    ) as FileList;
  } catch {
    throw new StateError(key, "it is not a file list");
  }
}

/** The file lists, manifests and open tables that a run reads and makes. Each is read once. */
export class FileLists {
  readonly #gold: ObjectStore;
  readonly #lists = new Map<string, Promise<FileList>>();
  readonly #openTables = new Map<string, Promise<OpenTable>>();
  readonly #manifests = new Map<string, Promise<StoredManifest>>();
  readonly #publications = new Map<string, Committed["objects"]>();

  constructor(gold: ObjectStore) {
    this.#gold = gold;
  }

  /** The file list of a table. @throws StateError if it is missing or damaged. */
  async of(record: TableRecord): Promise<FileList> {
    if (isLegacy(record)) {
      return legacyList(record);
    }
    return await this.byKey(record.files.key);
  }

  /** The file list with this key. @throws StateError if it is missing or damaged. */
  async byKey(key: string): Promise<FileList> {
    const known = this.#lists.get(key) ?? readFileList(this.#gold, key);
    this.#lists.set(key, known);
    return await known;
  }

  /** Adds a list that this run made. */
  set(key: string, list: FileList): void {
    this.#lists.set(key, Promise.resolve(list));
  }

  /** The manifest with this key. @throws StateError if it is missing or damaged. */
  async manifest(key: string): Promise<StoredManifest> {
    const known = this.#manifests.get(key) ?? openManifest(this.#gold, key);
    this.#manifests.set(key, known);
    return await known;
  }

  /** All entries of a manifest of which some have been read. */
  async whole({ entries, untouched }: PartialManifest): Promise<Manifest> {
    // A part is an object like an undivided manifest.
    const parts = await inParallel(untouched, readAtOnce, async (part) =>
      (await this.manifest(part.key)).read(part),
    );
    return new Map([...parts.flatMap((part) => [...part]), ...entries]);
  }

  /** Adds a manifest that this run made. */
  setManifest(key: string, manifest: StoredManifest): void {
    this.#manifests.set(key, Promise.resolve(manifest));
  }

  /** What is remembered of an open table. @throws StateError if it is missing or damaged. */
  async openTable(key: string): Promise<OpenTable> {
    const known = this.#openTables.get(key) ?? readOpenTable(this.#gold, key);
    this.#openTables.set(key, known);
    return await known;
  }

  /** Adds what this run remembers of an open table, and what publishes its version. */
  setOpenTable(key: string, { table, objects }: Committed): void {
    this.#openTables.set(key, Promise.resolve(table));
    this.#publications.set(key, objects);
  }

  /** What publishes the version of an open table; undefined if an earlier run made it. */
  publicationOf(key: string): Committed["objects"] | undefined {
    return this.#publications.get(key);
  }
}

/** What a run record of version 1 says of a table: one file for each partition, without statistics. */
function legacyList({ partitions }: Extract<TableRecord, { partitions: unknown }>): FileList {
  const files = Object.entries(partitions).map(([partition, { key, rows }]) => ({
    path: legacyPath(key),
    partition,
    rows,
    bytes: 0,
    columns: {},
  }));
  return { ...noFiles, files };
}

/** The partitions of a list. */
export function partitionsOf({ files }: FileList): readonly string[] {
  return [...byPartition(files).keys()];
}

/** Partitions, and all others between which keys have moved. */
export function withMoves(
  values: Iterable<string>,
  { moves }: Pick<FileList, "moves">,
): ReadonlySet<string> {
  const all = new Set(values);
  for (let size = -1; size !== all.size; ) {
    size = all.size;
    for (const pair of moves) {
      if (pair.some((value) => all.has(value))) {
        all.add(pair[0]).add(pair[1]);
      }
    }
  }
  return all;
}
