/** Counts primary keys: in current rows, where each must be once, and in silver, where all must come from. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { SilverObject } from "@lakehouse/silver-gold/current/silver-objects";
import { queryOf } from "@lakehouse/silver-gold/engine/duckdb/relation";
import { identifier } from "@lakehouse/silver-gold/engine/duckdb/sql-text";
import { hashFile } from "@lakehouse/silver-gold/state/content-hash";
import { contentHashOf } from "@lakehouse/silver-gold/state/state-keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { localCopies, removeCopy } from "../../local-copies.ts";
import { silverSql } from "../../sql/silver.ts";

/** A key that several current rows have. */
export interface RepeatedKey {
  /** As JSON. */
  readonly key: string;
  readonly rows: number;
  /** The bronze objects that these came from. */
  readonly objects: readonly string[];
}

/** What was counted. */
export interface KeyCounts {
  /** The objects that hold something else than when they were written: then nothing is counted. */
  readonly changed: readonly string[];
  /** Current rows in the files. */
  readonly rows: number;
  /** Current rows as the run record has them. */
  readonly recorded: number;
  /** At most ten keys that several current rows have. */
  readonly repeated: readonly RepeatedKey[];
  /** Different keys in current rows. */
  readonly keys: number;
  /** Different keys in silver. */
  readonly silverKeys: number | undefined;
}

/** So many silver objects are on disk at once, where the lake is not. */
const objectsAtOnce = 64;
const hashedAtOnce = 4;
/** The bronze object of a current row. */
const objectColumn = { name: "_object", type: { kind: "string" } } as const;

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
  const names = table.primaryKey.map(identifier).join(", ");
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
    return { changed, rows: 0, recorded, repeated: [], keys: 0, silverKeys: undefined };
  }
  const current = `(${queryOf({ columns: [...table.columns, objectColumn], format: "parquet", files: paths })})`;
  const rows = await countOf(connection, `select count(*) from ${current}`);
  const reader = await connection.runAndReadAll(
    `select to_json(struct_pack(${table.primaryKey.map((each) => `${identifier(each)} := ${identifier(each)}`).join(", ")}))::varchar, count(*),
       to_json(list_sort(list(distinct "_object")))::varchar
     from ${current} group by ${names} having count(*) > 1 order by ${names} limit 10`,
  );
  const repeated = reader.getRows().map(([key, count, objects]) => ({
    key: String(key),
    rows: Number(count),
    objects: JSON.parse(String(objects)) as string[],
  }));
  const keys = await countOf(
    connection,
    `select count(*) from (select distinct ${names} from ${current})`,
  );
  await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  return {
    changed,
    rows,
    recorded,
    repeated,
    keys,
    silverKeys: silver && (await countSilverKeys(context, connection, table, names, silver)),
  };
}

async function countSilverKeys(
  context: Context,
  connection: DuckDBConnection,
  table: Table,
  names: string,
  silver: readonly SilverObject[],
): Promise<number> {
  const { lake, scratch, signal } = context;
  await connection.run(
    `create or replace temp table found as select ${names} from (${await silverSql(table, [])})`,
  );
  for (let at = 0; at < silver.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const some = silver.slice(at, at + objectsAtOnce).map(({ key }) => key);
    const paths = await localCopies(context, lake.silver, some);
    await connection.run(
      `insert into found select distinct ${names} from (${await silverSql(table, paths)})`,
    );
    await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  }
  const count = await countOf(
    connection,
    `select count(*) from (select distinct ${names} from found)`,
  );
  await connection.run("drop table found");
  return count;
}

async function countOf(connection: DuckDBConnection, sql: string): Promise<number> {
  const reader = await connection.runAndReadAll(sql);
  return Number(reader.getRows()[0]?.[0]);
}
