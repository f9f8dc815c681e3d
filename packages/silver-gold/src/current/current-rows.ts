import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import { SilverChangedError } from "../errors.ts";
import type { RunScope } from "../run-scope.ts";
import { hashBytes } from "../state/content-hash.ts";
import { encodeFileList } from "../state/file-list.ts";
import type { ManifestEntry } from "../state/manifest.ts";
import { encodeParts, type PartialManifest, storedIn } from "../state/manifest-parts.ts";
import { isLegacy, type ListedTable, rowRulesOf, type TableRecord } from "../state/run-record.ts";
import { fileListKey, isSameContent } from "../state/state-keys.ts";
import type { MergedFiles } from "./merge-rows.ts";
import { mergeSilver, type RowsPlan } from "./merge-silver.ts";
import type { ReadEntry } from "./read-rows.ts";
import { countOutdated } from "./silver-contracts.ts";
import type { SilverObject } from "./silver-objects.ts";

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
  const { read, reread, ...merged } = await mergeSilver(scope, table, plan, old);
  const entries = new Map<string, ManifestEntry>([...plan.kept, ...read]);
  for (const object of plan.reread) {
    const [entry, found] = [entries.get(object.key), reread.get(object.key)];
    if (entry !== undefined && found !== undefined) {
      refuseChanged(object, entry, found);
      // Usually the same partitions, but the object may have been replaced during this run.
      const partitions = [...new Set([...entry.partitions, ...found.partitions])];
      entries.set(object.key, { ...entry, partitions });
    }
  }
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

/** @throws SilverChangedError if an object still is the version that was merged, but its content is not. */
function refuseChanged(object: SilverObject, merged: ManifestEntry, found: ReadEntry): void {
  const { etag, sha256 = found.sha256 } = merged;
  if (etag === found.etag && sha256 !== found.sha256) {
    throw new SilverChangedError(object, "its content has changed since a gold run merged it");
  }
}
