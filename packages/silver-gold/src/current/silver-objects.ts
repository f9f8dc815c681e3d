/** What has to be read of a table's silver, by comparing what is there with the manifest. */
import { formatOfFile } from "@lakehouse/formats/formats";
import { bronzeKeyOfSilver, parseBronzeKey, silverPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import type { Manifest, ManifestEntry } from "../state/manifest.ts";

/** A silver object. */
export interface SilverObject {
  readonly key: string;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
  readonly format: FileFormat;
  /** The bronze object that it came from, and when that arrived: the order of both is the order of arrival. */
  readonly bronzeKey: string;
  readonly arrival: string;
}

/** What to read to bring a table's current rows up to date. */
export interface TablePlan {
  /** All rows of these are read. */
  readonly read: readonly SilverObject[];
  /** Of these, only rows in rebuilt partitions. */
  readonly reread: readonly SilverObject[];
  /** Partitions made from silver alone; to all others what was read is added. `"all"` for the whole table. */
  readonly rebuilt: ReadonlySet<string> | "all";
  /** The manifest's entries of objects that are as they were. */
  readonly kept: ReadonlyMap<string, ManifestEntry>;
  /** New and replaced objects. */
  readonly newObjects: number;
  /** Whether anything has to be done. */
  readonly dirty: boolean;
}

/**
 * A table's silver objects, one for each bronze object, in the order of their keys.
 *
 * @throws InvalidKeyError for an object that bronze→silver did not write.
 */
export async function listSilver(silver: ObjectStore, table: Table): Promise<SilverObject[]> {
  const byBronzeKey = new Map<string, SilverObject>();
  for await (const { key, etag, size } of silver.list(silverPrefix(table.name))) {
    const bronzeKey = bronzeKeyOfSilver(key);
    const format = formatOfFile(key);
    // After a change of format both may be there: the one of today's format is the newer.
    if (!byBronzeKey.has(bronzeKey) || format === table.format.silver) {
      const { arrival } = parseBronzeKey(bronzeKey);
      byBronzeKey.set(bronzeKey, { key, etag, size, format, bronzeKey, arrival });
    }
  }
  return [...byBronzeKey.values()];
}

/** Compares silver with the manifest; without one, the whole table is made anew. */
export function planTable(
  objects: readonly SilverObject[],
  manifest: Manifest | undefined,
): TablePlan {
  if (manifest === undefined) {
    const newObjects = objects.length;
    return { read: objects, reread: [], rebuilt: "all", kept: new Map(), newObjects, dirty: true };
  }
  const read = objects.filter(({ key, etag }) => manifest.get(key)?.etag !== etag);
  const asBefore = objects.filter(({ key, etag }) => manifest.get(key)?.etag === etag);
  const keys = new Set(asBefore.map(({ key }) => key));
  const kept = new Map([...manifest].filter(([key]) => keys.has(key)));
  // A replaced or removed object may have hidden older rows: where it had rows, all is decided anew.
  const gone = [...manifest].filter(([key]) => !keys.has(key));
  const rebuilt = new Set(gone.flatMap(([, { partitions }]) => partitions));
  const reread = asBefore.filter(({ key }) =>
    kept.get(key)?.partitions.some((value) => rebuilt.has(value)),
  );
  const dirty = read.length > 0 || gone.length > 0;
  return { read, reread, rebuilt, kept, newObjects: read.length, dirty };
}
