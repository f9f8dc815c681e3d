/** Reads silver objects and merges their rows into current rows. If a run has tasks, it remembers what that led to. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Table } from "@lakehouse/transforms/contract/table";
import * as z from "zod";
import type { RunScope } from "../run-scope.ts";
import { fileListSchema } from "../state/file-list.ts";
import { isLegacy, type TableRecord } from "../state/run-record.ts";
import { dataKey } from "../state/state-keys.ts";
import { readEntrySchema } from "../tasks/task.ts";
import { alone, type Memory, storeEarly } from "../tasks/tasks.ts";
import { type MergedFiles, mergeRows } from "./merge-rows.ts";
import { readParts } from "./read-by-tasks.ts";
import type { ReadEntry } from "./read-rows.ts";
import type { TablePlan } from "./silver-objects.ts";

/** What to read, and where it goes. */
export interface RowsPlan
  extends Pick<TablePlan, "read" | "reread" | "rebuilt" | "kept" | "untouched"> {
  /** The partitions whose rows of `reread` count. Default: those that are rebuilt. */
  readonly only?: TablePlan["rebuilt"];
}

/** A table's data files after a merge, and what was read of silver. */
export interface MergedSilver extends MergedFiles {
  /** Of the objects that were read whole, by key. */
  readonly read: ReadonlyMap<string, ReadEntry>;
  /** Of those that were read for some partitions only. */
  readonly reread: ReadonlyMap<string, ReadEntry>;
}

/** Reads and merges what a plan says. */
export async function mergeSilver(
  scope: RunScope,
  table: Table,
  plan: RowsPlan,
  old: TableRecord | undefined,
): Promise<MergedSilver> {
  const { tasks } = scope;
  const { read, reread, rebuilt, only = rebuilt } = plan;
  const partitions = (of: RowsPlan["rebuilt"]) => (of === "all" ? of : [...of].sort());
  const versions = (objects: RowsPlan["read"]) => objects.map(({ key, etag }) => [key, etag]);
  const source = {
    kind: "merge",
    table: table.name,
    fingerprint: table.currentFingerprint,
    read: versions(read),
    reread: versions(reread),
    only: partitions(only),
    rebuilt: partitions(rebuilt),
    old: old === undefined ? null : isLegacy(old) ? old.partitions : old.files.key,
  };
  const merge = async (): Promise<MergedSilver> => {
    const directory = join(scope.files.directory, `rows-${table.name}`);
    const parts = [
      { objects: read, only: undefined },
      ...(only === "all" ? [] : [{ objects: reread, only }]),
    ];
    const { files, found } = await readParts(scope, table, parts, directory);
    // An object may have been replaced since it was listed.
    const digests = found.map((entries) => [...entries].map(([key, { sha256 }]) => [key, sha256]));
    const of = { ...source, digests: digests.map((each) => each.sort()) };
    const merged = await alone(scope, () =>
      mergeRows(scope, table, { added: files, rebuilt, old, source: of }),
    );
    await rm(directory, { recursive: true, force: true });
    const stored = await storeEarly(scope, merged);
    return { ...stored, read: found[0] ?? new Map(), reread: found[1] ?? new Map() };
  };
  return tasks === undefined ? await merge() : await tasks.remember(source, memoryOf(table), merge);
}

const entries = z.array(z.tuple([z.string(), readEntrySchema]));
const schema = z.object({
  list: fileListSchema,
  changed: z.array(z.string()),
  read: entries,
  reread: entries,
});

function memoryOf({ name }: Table): Memory<MergedSilver> {
  return {
    encode: ({ list, changed, read, reread }) => ({
      list,
      changed: [...changed],
      read: [...read],
      reread: [...reread],
    }),
    decode: (json) => {
      const { data } = schema.safeParse(json);
      return (
        data && {
          list: data.list as MergedFiles["list"],
          changed: new Set(data.changed),
          read: new Map(data.read),
          reread: new Map(data.reread),
          uploads: new Map(),
        }
      );
    },
    filesOf: ({ list }) => [
      ...[...list.files, ...list.tombstones].map((file) => dataKey(name, file)),
      ...list.filters.map(({ key }) => key),
    ],
  };
}
