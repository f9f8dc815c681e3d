/** The versions of open tables that can still be read, and what each consists of. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { type OpenTable, schemaAt } from "@lakehouse/open-tables/open-table";
import type { TableSchema } from "@lakehouse/open-tables/table-schema";
import { FileLists } from "../state/file-list.ts";
import { emptyRecord, openPartsOf, readRunRecord } from "../state/run-record.ts";
import { dataKey, sequenceOf } from "../state/state-keys.ts";

/** A version of an open table. */
export type TableVersion = OpenTable["versions"][number];

/** The versions of a table. */
export interface TableHistory {
  readonly name: string;
  /** Those that can be read, oldest first. */
  readonly versions: readonly TableVersion[];
  /** Whether other engines may not find the last one yet. */
  readonly isPending: boolean;
  readonly table: OpenTable;
}

/** What a version of a table consists of. */
export interface VersionContent {
  readonly columns: TableSchema["columns"];
  /** The keys of its data files. */
  readonly keys: readonly string[];
}

/**
 * Reads the histories of all open tables that the run record names, by name.
 *
 * @throws StateError if the run record or what it names is damaged.
 */
export async function readHistories(gold: ObjectStore): Promise<ReadonlyMap<string, TableHistory>> {
  const record = (await readRunRecord(gold))?.record ?? emptyRecord;
  const lists = new FileLists(gold);
  const histories = new Map<string, TableHistory>();
  for (const [name, { open }] of openPartsOf(record)) {
    if (open !== undefined) {
      const table = await lists.openTable(open.key);
      const isPending = open.after !== undefined;
      histories.set(name, { name, versions: table.versions, isPending, table });
    }
  }
  return histories;
}

/** What a kept version of a table consists of. */
export function contentAt({ name, table }: TableHistory, version: TableVersion): VersionContent {
  const { added, removed } = table;
  const paths = [
    ...Object.entries(added).flatMap(([path, since]) =>
      since.version <= version.version ? [path] : [],
    ),
    // A run names its files by its own number, so a file is not older than its run.
    ...removed.flatMap(({ path, removed: until }) =>
      until.version > version.version && runOf(name, path) <= version.run ? [path] : [],
    ),
  ];
  const keys = paths.map((path) => dataKey(name, { path })).sort();
  return { columns: schemaAt(table, version.version).columns, keys };
}

/** The run that wrote a data file. */
function runOf(table: string, path: string): number {
  return sequenceOf(dataKey(table, { path })) ?? 0;
}
