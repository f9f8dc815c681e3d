/**
 * Symlink manifests: objects with the addresses of a partition's data files, a line each. Engines such as Athena read
 * current rows through them. They are published like outputs, with the same guarantees.
 */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { RunRecord } from "../state/run-record.ts";
import { symlinkKey } from "../state/state-keys.ts";

/** The target of a manifest. */
export interface Symlink {
  /** The key of the first data file. */
  readonly target: string;
  /** The addresses of all of them, which are the manifest's content. */
  readonly lines: string;
}

/** The keys of the data files of tables, by name of the table and by partition. */
export type TableFiles = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The data files of the models that are open tables. */
export function modelFiles(models: RunRecord["models"]): TableFiles {
  const open = Object.entries(models).filter(([, { files }]) => files !== undefined);
  return new Map(
    open.map(([name, { outputs }]) => {
      const keys = Object.entries(outputs).map(([value, { key }]) => [value, [key]] as const);
      return [name, new Map(keys)];
    }),
  );
}

/** The manifests of current rows and other open tables, by key; empty for a directory, which may be moved. */
export function symlinksOf(
  gold: Pick<ObjectStore, "uri">,
  tables: TableFiles,
): Map<string, Symlink> {
  const symlinks = new Map<string, Symlink>();
  if (gold.uri?.("").startsWith("file:") === true) {
    return symlinks;
  }
  for (const [table, partitions] of tables) {
    for (const keys of partitions.values()) {
      const lines = keys.flatMap((key) => gold.uri?.(key) ?? []);
      const [target] = keys;
      if (target !== undefined && lines.length > 0) {
        symlinks.set(symlinkKey(table, target), { target, lines: lines.join("\n") });
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
  { symlinks = {} }: RunRecord,
  tables: TableFiles,
): boolean {
  const wanted = symlinksOf(gold, tables);
  const recorded = Object.entries(symlinks);
  return (
    recorded.length !== wanted.size ||
    recorded.some(([key, lines]) => wanted.get(key)?.lines !== lines)
  );
}

/** The addresses in a manifest. */
export function addressesIn(lines: string): readonly string[] {
  return lines.split("\n");
}

/** A manifest's content. */
export function symlinkContent(lines: string): Uint8Array {
  return Buffer.from(`${lines}\n`);
}
