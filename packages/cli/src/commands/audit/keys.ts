/** Counts primary keys: in current rows, where each must be once, and in silver, where all must come from. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { hashFile } from "@lakehouse/silver-gold/content-hash";
import { queryOf } from "@lakehouse/silver-gold/relation";
import type { SilverObject } from "@lakehouse/silver-gold/silver-objects";
import { identifier } from "@lakehouse/silver-gold/sql-text";
import { contentHashOf } from "@lakehouse/silver-gold/state-keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { localCopies, removeCopy } from "../../local-copies.ts";
import { silverSql } from "../../sql/silver.ts";

/** What was counted. */
export interface KeyCounts {
  /** The objects that hold something else than when they were written: then nothing is counted. */
  readonly changed: readonly string[];
  /** Current rows in the files. */
  readonly rows: number;
  /** Current rows as the run record has them. */
  readonly recorded: number;
  /** At most ten keys that several current rows have. */
  readonly repeated: readonly { readonly key: string; readonly rows: number }[];
  /** Different keys in silver. */
  readonly silverKeys: number | undefined;
}

/** So many silver objects are on disk at once, where the lake is not. */
const objectsAtOnce = 64;
const hashedAtOnce = 4;

/**
 * @param files The objects with current rows.
 * @param silver The objects that they were made of; undefined when silver has changed since.
 */
export async function countKeys(
  context: Context,
  connection: DuckDBConnection,
  table: Table,
  files: readonly { readonly key: string; readonly rows: number }[],
  silver: readonly SilverObject[] | undefined,
): Promise<KeyCounts> {
  const { lake, scratch } = context;
  const keys = table.primaryKey.map(identifier).join(", ");
  const paths = await localCopies(
    context,
    lake.gold,
    files.map(({ key }) => key),
  );
  const recorded = files.reduce((sum, file) => sum + file.rows, 0);
  const hashes = await pMap(paths, hashFile, { concurrency: hashedAtOnce });
  const changed = files
    .map(({ key }) => key)
    .filter((key, index) => contentHashOf(key) !== hashes[index]);
  if (changed.length > 0) {
    return { changed, rows: 0, recorded, repeated: [], silverKeys: undefined };
  }
  const current = `(${queryOf({ columns: table.columns, format: "parquet", files: paths })})`;
  const rows = await countOf(connection, `select count(*) from ${current}`);
  const reader = await connection.runAndReadAll(
    `select to_json(struct_pack(${table.primaryKey.map((each) => `${identifier(each)} := ${identifier(each)}`).join(", ")}))::varchar, count(*)
     from ${current} group by ${keys} having count(*) > 1 order by ${keys} limit 10`,
  );
  const repeated = reader
    .getRows()
    .map(([key, count]) => ({ key: String(key), rows: Number(count) }));
  await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  return {
    changed,
    rows,
    recorded,
    repeated,
    silverKeys: silver && (await countSilverKeys(context, connection, table, keys, silver)),
  };
}

async function countSilverKeys(
  context: Context,
  connection: DuckDBConnection,
  table: Table,
  keys: string,
  silver: readonly SilverObject[],
): Promise<number> {
  const { lake, scratch, signal } = context;
  await connection.run(
    `create or replace temp table found as select ${keys} from (${await silverSql(table, [])})`,
  );
  for (let at = 0; at < silver.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const some = silver.slice(at, at + objectsAtOnce).map(({ key }) => key);
    const paths = await localCopies(context, lake.silver, some);
    await connection.run(
      `insert into found select distinct ${keys} from (${await silverSql(table, paths)})`,
    );
    await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  }
  const count = await countOf(
    connection,
    `select count(*) from (select distinct ${keys} from found)`,
  );
  await connection.run("drop table found");
  return count;
}

async function countOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql);
  return Number(reader.getRows()[0]?.[0]);
}
