/**
 * Symlink manifests: objects with one line, the address of a partition's current rows. Engines such as Athena read
 * current rows through them. They are published like outputs, with the same guarantees.
 */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { RunRecord, TableRecord } from "../state/run-record.ts";
import { symlinkKey } from "../state/state-keys.ts";

/** The target of a manifest. */
export interface Symlink {
  /** The key of the current rows. */
  readonly target: string;
  /** Their address, which is the manifest's content. */
  readonly uri: string;
}

/** The manifests of current rows, by key; empty if the store's objects have no addresses. */
export function symlinksOf(
  gold: Pick<ObjectStore, "uri">,
  tables: Iterable<TableRecord>,
): Map<string, Symlink> {
  const symlinks = new Map<string, Symlink>();
  for (const { partitions } of tables) {
    for (const { key: target } of Object.values(partitions)) {
      const uri = gold.uri?.(target);
      if (uri !== undefined) {
        symlinks.set(symlinkKey(target), { target, uri });
      }
    }
  }
  return symlinks;
}

/**
 * Whether a record's manifests don't match its current rows: the lake is older than manifests, or was copied to
 * another bucket.
 */
export function areSymlinksStale(
  gold: Pick<ObjectStore, "uri">,
  { symlinks = {}, tables }: RunRecord,
): boolean {
  const wanted = symlinksOf(gold, Object.values(tables));
  const recorded = Object.entries(symlinks);
  return (
    recorded.length !== wanted.size || recorded.some(([key, uri]) => wanted.get(key)?.uri !== uri)
  );
}

/** A manifest's content. */
export function symlinkContent(uri: string): Uint8Array {
  return Buffer.from(`${uri}\n`);
}
