/** Reads silver objects into local Parquet files, which a merge reads. */
import { join } from "node:path";
import type { Table } from "@lakehouse/transforms/contract/table";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { ManifestEntry } from "../state/manifest.ts";
import { releaseAllFrames } from "./native-memory.ts";
import { NewRows, type RowsFile } from "./new-rows.ts";
import { readSilver, type SilverFrame, type SilverVersion } from "./silver-frames.ts";
import { groupSmall, readGroup } from "./silver-groups.ts";
import type { SilverObject } from "./silver-objects.ts";
import { SilverReader } from "./silver-reader.ts";

/** The most bytes of CSV that are held as frames. Frames take about 20 times as much memory. */
const bytesInMemory = 4 * 1024 * 1024;
/** The most silver objects that are open at once, each with a piece of CSV in memory. */
const openObjects = 3;

/** What was read of an object. */
export type ReadEntry = ManifestEntry & SilverVersion;

/** Objects to read. */
export interface ToRead {
  readonly objects: readonly SilverObject[];
  /** Only rows of these partitions count; undefined for all rows. */
  readonly only: ReadonlySet<string> | undefined;
}

/** What was read. */
export interface ReadRows<F = RowsFile> {
  /** Parquet files with the rows. */
  readonly files: readonly F[];
  /** For each part, by key, what was read of each object. */
  readonly found: readonly ReadonlyMap<string, ReadEntry>[];
}

type ReadScope = Pick<RunScope, "silver" | "files" | "packs" | "concurrency" | "progress">;

/**
 * Reads objects.
 *
 * @param directory A new folder for the files.
 * @param deciding The columns of second files with the same rows; undefined if there are none.
 */
export async function readRows(
  scope: ReadScope,
  table: Table,
  parts: readonly ToRead[],
  directory: string,
  deciding?: readonly string[],
): Promise<ReadRows> {
  const rows = new NewRows(directory, bytesInMemory, deciding);
  const found: ReadonlyMap<string, ReadEntry>[] = [];
  const reader = new SilverReader(
    table,
    parts.flatMap(({ objects }) => objects),
  );
  for (const part of parts) {
    found.push(await readInto(rows, scope, reader, part));
  }
  await rows.flush();
  await releaseAllFrames();
  return { files: rows.files, found };
}

/** Reads objects. @returns By key, what was read of each object. */
async function readInto(
  rows: NewRows,
  { silver, files, packs, concurrency, progress }: ReadScope,
  reader: SilverReader,
  { objects, only }: ToRead,
): Promise<Map<string, ReadEntry>> {
  const { name } = reader.table;
  const entries = new Map<string, ReadEntry>();
  const add = async ({ frame, bytes }: SilverFrame): Promise<void> => {
    await rows.add(only === undefined ? frame : reader.within(frame, only), bytes);
  };
  const read = async (object: SilverObject): Promise<void> => {
    const options = { chunkBytes: bytesInMemory, directory: join(files.directory, "silver") };
    const values = new Set<string>();
    const version = await readSilver(silver, object, reader, options, async (piece) => {
      for (const value of reader.partitionsIn(piece.frame)) {
        values.add(value);
      }
      await add(piece);
    });
    entries.set(object.key, { ...version, partitions: [...values] });
    progress("merge", name, entries.size, objects.length);
  };
  const { groups, single } = groupSmall(objects, bytesInMemory);
  const small = groups.flatMap((group) => group.map(({ key }) => key));
  const copies = await packs.of(name, small);
  try {
    for (const group of groups) {
      const found = await readGroup(silver, group, reader, copies);
      if (found === undefined) {
        single.push(...group);
        continue;
      }
      const partitions = new Map<string, Set<string>>();
      for (const piece of found.frames) {
        // Each object is in one frame.
        for (const [object, values] of reader.partitionsByObject(piece.frame)) {
          partitions.set(object, values);
        }
        await add(piece);
      }
      for (const [object, version] of found.versions) {
        const values = partitions.get(object.bronzeKey) ?? [];
        entries.set(object.key, { ...version, partitions: [...values] });
      }
      progress("merge", name, entries.size, objects.length);
    }
  } finally {
    await copies.close();
  }
  await inParallel(single, Math.min(concurrency, openObjects), read);
  return entries;
}
