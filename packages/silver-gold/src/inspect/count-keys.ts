/** Counts primary keys in current rows, where each must occur once, and in silver, where all of them must occur. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { identifier } from "@lakehouse/formats/sql-text";
import { currentFormat } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Session } from "../engine/engine.ts";

/** A key of several current rows. */
export interface RepeatedKey {
  /** As JSON. */
  readonly key: string;
  readonly rows: number;
  /** The bronze objects of these rows. */
  readonly objects: readonly string[];
}

/** The keys of current rows. */
export interface CurrentKeys {
  readonly rows: number;
  /** The number of distinct keys. */
  readonly keys: number;
  /** At most ten of the keys that occur in several rows. */
  readonly repeated: readonly RepeatedKey[];
}

/** The bronze object of a current row, and the number of the row in it. */
const originColumns = [
  { name: "_object", type: { kind: "string" } },
  { name: "_row", type: { kind: "int64" } },
] as const;

/** @param files Local files with all current rows. */
export async function countCurrentKeys(
  session: Session,
  { columns, primaryKey }: Table,
  files: readonly string[],
): Promise<CurrentKeys> {
  const view = "current_rows";
  const key = primaryKey.length === 0 ? originColumns.map(({ name }) => name) : primaryKey;
  await session.define(view, {
    kind: "files",
    columns: [...columns, ...originColumns],
    format: currentFormat,
    files,
  });
  return {
    rows: await count(session, `select * from ${view}`),
    keys: await count(session, distinctKeys(key, view)),
    repeated: await repeatedKeys(session, key, view),
  };
}

/**
 * Counts the distinct keys in silver, or the rows if the table has no primary key.
 *
 * @param batches Local files, a few at a time, because silver may be larger than the disk.
 * @param scratch A folder for the keys that were found so far.
 */
export async function countSilverKeys(
  session: Session,
  table: Table,
  batches: AsyncIterable<readonly string[]>,
  scratch: string,
): Promise<number> {
  const { name, columns, primaryKey } = table;
  if (primaryKey.length === 0) {
    return await countSilverRows(session, table, batches);
  }
  const [rows, keys] = ["silver_rows", "silver_keys"];
  const keyColumns = columns.filter((column) => primaryKey.includes(column.name));
  const found: string[] = [];
  for await (const files of batches) {
    const path = join(scratch, `keys-${name}-${found.length}.parquet`);
    await session.define(rows, { kind: "silver", columns, files });
    await session.define(keys, { kind: "query", sql: distinctKeys(primaryKey, rows) });
    await session.copy(keys, path, "parquet", keyColumns);
    found.push(path);
  }
  await session.define(keys, {
    kind: "files",
    columns: keyColumns,
    format: "parquet",
    files: found,
  });
  const distinct = await count(session, distinctKeys(primaryKey, keys));
  await Promise.all(found.map((path) => rm(path)));
  return distinct;
}

async function countSilverRows(
  session: Session,
  { columns }: Table,
  batches: AsyncIterable<readonly string[]>,
): Promise<number> {
  const view = "silver_rows";
  let rows = 0;
  for await (const files of batches) {
    await session.define(view, { kind: "silver", columns, files });
    rows += await count(session, `select * from ${view}`);
  }
  return rows;
}

async function repeatedKeys(
  session: Session,
  primaryKey: readonly string[],
  view: string,
): Promise<RepeatedKey[]> {
  const names = list(primaryKey);
  const { batches } = await session.stream(
    `select count(*), array_agg(distinct "_object" order by "_object"), ${names} from ${view}
     group by ${names} having count(*) > 1 order by ${names} limit 10`,
  );
  const found = (await Array.fromAsync(batches)).flat();
  return found.map(([rows, objects, ...values]) => ({
    key: JSON.stringify(Object.fromEntries(primaryKey.map((name, at) => [name, values[at]]))),
    rows: Number(rows),
    objects: objects as readonly string[],
  }));
}

function distinctKeys(primaryKey: readonly string[], view: string): string {
  return `select distinct ${list(primaryKey)} from ${view}`;
}

async function count(session: Session, query: string): Promise<number> {
  const [row] = await session.rows(`select count(*) as counted from (${query}) as found`);
  return Number(row?.["counted"]);
}

function list(names: readonly string[]): string {
  return names.map(identifier).join(", ");
}
