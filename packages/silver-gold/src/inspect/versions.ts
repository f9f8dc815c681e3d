/** The versions of open tables that can still be read, and what each consists of. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { type OpenTable, schemaAt } from "@lakehouse/open-tables/open-table";
import type { TableSchema } from "@lakehouse/open-tables/table-schema";
import { typeName } from "@lakehouse/transforms/types/column-type";
import { inParallel } from "../in-parallel.ts";
import { FileLists } from "../state/file-list.ts";
import { emptyRecord, openPartsOf, readRunRecord } from "../state/run-record.ts";
import { dataKey, sequenceOf } from "../state/state-keys.ts";

const tablesAtOnce = 16;

/** A version of an open table. */
export type TableVersion = OpenTable["versions"][number];

/** A version of a table for reading. A row that was replaced, or written again, is in `rowsIn` and in `rowsOut`. */
export interface DescribedVersion {
  readonly version: number;
  /** When a run committed it, in UTC. */
  readonly at: string;
  /** The number of the gold run. */
  readonly run: number;
  /** `append`: it only added rows; `overwrite`: it replaced or removed some; `replace`: the same rows in other files. */
  readonly operation: TableVersion["operation"];
  readonly rowsIn: number;
  readonly rowsOut: number;
  /** Of the whole table, as `files` and `bytes`. */
  readonly rows: number;
  readonly filesIn: number;
  readonly filesOut: number;
  readonly files: number;
  readonly bytesIn: number;
  readonly bytes: number;
}

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
 * @param only The one table to read.
 * @throws StateError if the run record or what it names is damaged.
 */
export async function readHistories(
  gold: ObjectStore,
  only?: string,
): Promise<ReadonlyMap<string, TableHistory>> {
  const record = (await readRunRecord(gold))?.record ?? emptyRecord;
  const lists = new FileLists(gold);
  const parts = [...openPartsOf(record)].flatMap(([name, { open }]) =>
    open === undefined || (only !== undefined && only !== name) ? [] : [{ name, open }],
  );
  const histories = await inParallel(parts, tablesAtOnce, async ({ name, open }) => {
    const table = await lists.openTable(open.key);
    return { name, versions: table.versions, isPending: open.after !== undefined, table };
  });
  return new Map(histories.map((history) => [history.name, history]));
}

/** A version for reading. */
export function describeVersion(each: TableVersion): DescribedVersion {
  const { version, at, run, operation, changed, total } = each;
  return {
    version,
    at: new Date(at).toISOString(),
    run,
    operation,
    rowsIn: changed.rows,
    rowsOut: changed.removedRows,
    rows: total.rows,
    filesIn: changed.files,
    filesOut: changed.removedFiles,
    files: total.files,
    bytesIn: changed.bytes,
    bytes: total.bytes,
  };
}

/** The columns that a kept version of a table added, removed or changed the type of; none for the first kept version. */
export function changedColumns(
  { versions, table }: TableHistory,
  { version }: TableVersion,
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  const before = versions.findLast((each) => each.version < version);
  if (before === undefined) {
    return { added: [], removed: [] };
  }
  const textOf = ({ name, type }: TableSchema["columns"][number]) => `${name} ${typeName(type)}`;
  const [old, now] = [before.version, version].map(
    (each) => new Set(schemaAt(table, each).columns.map(textOf)),
  );
  return {
    added: [...(now ?? [])].filter((each) => !old?.has(each)),
    removed: [...(old ?? [])].filter((each) => !now?.has(each)),
  };
}

/** What a kept version of a table consists of. */
export function contentAt({ name, table }: TableHistory, version: TableVersion): VersionContent {
  const { added, removed } = table;
  const paths = [
    ...Object.entries(added).flatMap(([path, since]) =>
      since.version <= version.version ? [path] : [],
    ),
    ...removed.flatMap(({ path, added: since, removed: until }) => {
      // A run names its files by its own number, so a file is not older than its run.
      const isAdded =
        since === undefined ? runOf(name, path) <= version.run : since <= version.version;
      return isAdded && until.version > version.version ? [path] : [];
    }),
  ];
  const keys = paths.map((path) => dataKey(name, { path })).sort();
  return { columns: schemaAt(table, version.version).columns, keys };
}

/** The run that wrote a data file. */
function runOf(table: string, path: string): number {
  return sequenceOf(dataKey(table, { path })) ?? 0;
}
