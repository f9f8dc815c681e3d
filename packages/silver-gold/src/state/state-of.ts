/** The keys of the state that a run record needs. */
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
import { dataKey, runRecordKey } from "./state-keys.ts";

/** The keys of all state objects and data files that a record needs. @throws StateError if a file list is damaged. */
export async function stateKeysOf(lists: FileLists, record: RunRecord): Promise<Set<string>> {
  const tables = [...Object.entries(record.tables), ...Object.entries(record.held?.tables ?? {})];
  const keys = await Promise.all(tables.map(([name, table]) => keysOfTable(lists, name, table)));
  const open = await Promise.all(
    [...openPartsOf(record)].map(async ([name, part]) => [
      ...(await keysOfPart(lists, name, part)),
      ...(await keysOfOpenTable(lists, name, part.open)),
    ]),
  );
  const staged = Object.values(record.pending).filter((key) => key !== null);
  return new Set([runRecordKey, ...keys.flat(), ...open.flat(), ...staged]);
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
  const { files, tombstones } = await lists.of(table);
  const list = isLegacy(table) ? [] : [table.files.key];
  return [table.manifest, ...list, ...[...files, ...tombstones].map((file) => dataKey(name, file))];
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
