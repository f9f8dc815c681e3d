/** The keys of the state that a run record needs. */
import { unlessStateError } from "../errors.ts";
import { byPartition } from "./data-file.ts";
import type { FileLists } from "./file-list.ts";
import {
  isLegacy,
  type OpenPart,
  type OpenRecord,
  openPartsOf,
  type RunRecord,
  type TableRecord,
} from "./run-record.ts";
import { stagedObject } from "./staged.ts";
import { dataKey, isManifestIndex, runRecordKey } from "./state-keys.ts";

/** The state that a record is known to need. */
export interface KnownState {
  /** The keys of state objects and data files. */
  readonly used: ReadonlySet<string>;
  /** The tables and models whose state is missing or damaged, so that what they need is not known. */
  readonly lost: ReadonlySet<string>;
}

/** What a record needs, as far as its state is neither missing nor damaged. */
export async function knownStateOf(lists: FileLists, record: RunRecord): Promise<KnownState> {
  const pending = Object.values(record.pending).filter((staged) => staged !== null);
  const staged = pending.map(stagedObject);
  const used = new Set([runRecordKey, ...staged]);
  const lost = new Set<string>();
  for (const { name, keys } of partsOf(lists, record)) {
    const found = await keys().catch(unlessStateError);
    if (found === undefined) {
      lost.add(name);
    }
    for (const key of found ?? []) {
      used.add(key);
    }
  }
  return { used, lost };
}

interface Part {
  /** Of the table or model. */
  readonly name: string;
  /** What it needs. */
  readonly keys: () => Promise<readonly string[]>;
}

function partsOf(lists: FileLists, record: RunRecord): Part[] {
  const tables = [...Object.entries(record.tables), ...Object.entries(record.held?.tables ?? {})];
  return [
    ...tables.map(([name, table]) => ({ name, keys: () => keysOfTable(lists, name, table) })),
    ...[...openPartsOf(record)].flatMap(([name, part]) => [
      { name, keys: () => keysOfPart(lists, name, part) },
      { name, keys: () => keysOfOpenTable(lists, name, part.open) },
    ]),
  ];
}

/** The keys of what an open table needs: its state, and the data files that only earlier versions have. */
async function keysOfOpenTable(
  lists: FileLists,
  name: string,
  open: OpenRecord | undefined,
): Promise<string[]> {
  if (open === undefined) {
    return [];
  }
  const { removed } = await lists.openTable(open.key);
  const before = open.after == null ? [] : [open.after.key, open.after.files];
  return [open.key, ...before, ...removed.map((file) => dataKey(name, file))];
}

/** The keys of a table's state and data files. @throws StateError if its file list is damaged. */
export async function keysOfTable(
  lists: FileLists,
  name: string,
  table: TableRecord,
): Promise<string[]> {
  const { files, tombstones, filters } = await lists.of(table);
  const list = isLegacy(table) ? [] : [table.files.key];
  const data = [...files, ...tombstones].map((file) => dataKey(name, file));
  const bloom = filters.map(({ key }) => key);
  return [...(await keysOfManifest(lists, table)), ...list, ...data, ...bloom];
}

/** The keys of a table's manifest and of its parts. @throws StateError if its index is damaged. */
export async function keysOfManifest(
  lists: FileLists,
  { manifest }: Pick<TableRecord, "manifest">,
): Promise<readonly string[]> {
  const parts = isManifestIndex(manifest) ? (await lists.manifest(manifest)).parts : [];
  return [manifest, ...parts.map(({ key }) => key)];
}

/** The keys of the file list and data files of an open table. @throws StateError if the list is damaged. */
async function keysOfPart(
  lists: FileLists,
  name: string,
  { files: { key } }: OpenPart,
): Promise<string[]> {
  const { files } = await lists.byKey(key);
  return [key, ...files.map((file) => dataKey(name, file))];
}

/** The keys of a table's data files by partition. @throws StateError if its file list is damaged. */
export async function dataKeysOf(
  lists: FileLists,
  name: string,
  table: TableRecord,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const groups = byPartition((await lists.of(table)).files);
  return new Map([...groups].map(([value, files]) => [value, files.map((f) => dataKey(name, f))]));
}
