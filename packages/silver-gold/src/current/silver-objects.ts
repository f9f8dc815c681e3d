/** Compares a table's silver objects with the manifest, and plans what to read. */
import { formatOfFile } from "@lakehouse/formats/formats";
import { findSource, silverPrefix, silverPrefixOfDay } from "@lakehouse/lake/keys";
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import type { Manifest, ManifestEntry } from "../state/manifest.ts";
import type { ManifestPart, PartialManifest } from "../state/manifest-parts.ts";
import type { DayRange } from "./silver-scope.ts";

/** A silver object. */
export interface SilverObject {
  readonly key: string;
  readonly etag: string;
  /** In bytes. */
  readonly size: number;
  /** When it was written, in milliseconds. */
  readonly lastModified: number;
  readonly format: FileFormat;
  /** The bronze object that it came from, and when that object arrived. */
  readonly bronzeKey: string;
  readonly arrival: string;
}

/** What to read to update a table's current rows. */
export interface TablePlan {
  /** Objects to read whole. */
  readonly read: readonly SilverObject[];
  /** Those of them that no run has merged, so that a later run may just as well read them. */
  readonly fresh: ReadonlySet<SilverObject>;
  /** Objects to read only for their rows in rebuilt partitions. */
  readonly reread: readonly SilverObject[];
  /** Partitions that are rebuilt from silver, or `"all"`. New rows are merged into the other partitions. */
  readonly rebuilt: ReadonlySet<string> | "all";
  /** The manifest's entries of unchanged objects, without those in `untouched`. */
  readonly kept: ReadonlyMap<string, ManifestEntry>;
  /** The parts of the manifest in which nothing changed, or that were not compared. */
  readonly untouched: readonly ManifestPart[];
  /** New and replaced objects. Those that were written again with the same content are neither. */
  readonly newObjects: number;
  /** Whether there is anything to do, if only to note new etags or contracts in the manifest. */
  readonly dirty: boolean;
}

/** The silver objects that a table still has after a run that reads none. */
export function keptIn({ kept, untouched }: TablePlan): PartialManifest {
  return { entries: kept, untouched };
}

/**
 * A table's silver objects, one for each bronze object, in the order of their keys.
 *
 * @param passOver Receives the files that are not objects, or that bronze→silver did not write.
 */
export async function listSilver(
  silver: ObjectStore,
  table: Table,
  passOver: PassOver,
): Promise<SilverObject[]> {
  return (
    await Array.fromAsync(listSilverInParts(silver, table, passOver, [""], undefined))
  ).flat();
}

/**
 * The same, by part, so that only one part is held at a time.
 *
 * @param firstDays The first day of arrival of each part, in order. The first part also has all earlier days.
 * @param days The days that are listed; undefined for all.
 */
export async function* listSilverInParts(
  silver: ObjectStore,
  table: Table,
  passOver: PassOver,
  firstDays: readonly string[],
  days: readonly DayRange[] | undefined,
): AsyncGenerator<SilverObject[]> {
  const ends = firstDays.slice(1);
  let byBronzeKey = new Map<string, SilverObject>();
  for await (const { source, ...listed } of listDays(silver, table, passOver, days)) {
    const { key, etag, size, lastModified } = listed;
    const { key: bronzeKey, ingestDate: day, arrival } = source;
    while (ends[0] !== undefined && ends[0] <= day) {
      yield [...byBronzeKey.values()];
      byBronzeKey = new Map();
      ends.shift();
    }
    const format = formatOfFile(key);
    // After a change of format, both files may exist. The one in the current format is newer.
    if (!byBronzeKey.has(bronzeKey) || format === table.format.silver) {
      byBronzeKey.set(bronzeKey, {
        key,
        etag,
        size,
        lastModified: lastModified.getTime(),
        format,
        bronzeKey,
        arrival,
      });
    }
  }
  yield [...byBronzeKey.values()];
  for (const _ of ends) {
    yield [];
  }
}

/** Lists days, one range after another, each object with what it was made from. */
async function* listDays(
  silver: ObjectStore,
  { name }: Table,
  passOver: PassOver,
  days: readonly DayRange[] = [{ from: "", to: undefined }],
) {
  for (const { from, to } of days) {
    const after = from === "" ? undefined : silverPrefixOfDay(name, from);
    for await (const object of silver.list(silverPrefix(name), passOver, after)) {
      const source = findSource(object.key, passOver);
      if (source !== undefined && to !== undefined && source.ingestDate >= to) {
        break;
      }
      if (source !== undefined) {
        yield { ...object, source };
      }
    }
  }
}

/**
 * Compares silver with the manifest. Without a manifest, the whole table is rebuilt.
 *
 * @param rewritten How many objects have an etag that is not in the stored manifest yet, but the same content.
 * @param withMoves Adds the partitions between which keys have moved.
 */
export function planTable(
  objects: readonly SilverObject[],
  manifest: Manifest | undefined,
  rewritten = 0,
  withMoves: (values: readonly string[]) => ReadonlySet<string> = (values) => new Set(values),
): TablePlan {
  if (manifest === undefined) {
    const newObjects = objects.length;
    return {
      read: objects,
      fresh: new Set(),
      reread: [],
      rebuilt: "all",
      kept: new Map(),
      untouched: [],
      newObjects,
      dirty: true,
    };
  }
  const read = objects.filter(({ key, etag }) => manifest.get(key)?.etag !== etag);
  const fresh = new Set(read.filter(({ key }) => !manifest.has(key)));
  const unchanged = objects.filter(({ key, etag }) => manifest.get(key)?.etag === etag);
  const keys = new Set(unchanged.map(({ key }) => key));
  const kept = new Map([...manifest].filter(([key]) => keys.has(key)));
  // A replaced or removed object may have hidden older rows, so the partitions where it had rows are rebuilt.
  const gone = [...manifest].filter(([key]) => !keys.has(key));
  const rebuilt = withMoves(gone.flatMap(([, { partitions }]) => partitions));
  const reread = inPartitions(unchanged, kept, rebuilt);
  const dirty = read.length > 0 || gone.length > 0 || rewritten > 0;
  return {
    read,
    fresh,
    reread,
    rebuilt,
    kept,
    untouched: [],
    newObjects: read.length,
    dirty,
  };
}

/** Those of unchanged objects that have rows in some partitions. */
export function inPartitions(
  objects: readonly SilverObject[],
  entries: Manifest,
  partitions: ReadonlySet<string>,
): SilverObject[] {
  return objects.filter(({ key }) =>
    entries.get(key)?.partitions.some((value) => partitions.has(value)),
  );
}
