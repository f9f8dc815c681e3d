/** Counts primary keys: in current rows, where each must be once, and in silver, where all must come from. */
import { join } from "node:path";
import type { SilverObject } from "@lakehouse/silver-gold/current/silver-objects";
import type { Session } from "@lakehouse/silver-gold/engine/engine";
import { identifier } from "@lakehouse/silver-gold/engine/sql-text";
import { hashFile } from "@lakehouse/silver-gold/state/content-hash";
import { contentHashOf } from "@lakehouse/silver-gold/state/state-keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";
import type { Context } from "../../context.ts";
import { localCopies, removeCopy } from "../../local-copies.ts";

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
  /** Objects whose content changed since they were written. If there are any, nothing is counted. */
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

/** How many silver objects are on disk at once, unless the lake itself is on this disk. */
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
  session: Session,
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
  const columns = [...table.columns, objectColumn];
  await session.define("current_rows", { kind: "files", columns, format: "parquet", files: paths });
  const rows = await countOf(session, "select count(*) from current_rows");
  const repeated = await repeatedKeys(session, table.primaryKey);
  const keys = await countOf(
    session,
    `select count(*) from (select distinct ${names} from current_rows)`,
  );
  await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  return {
    changed,
    rows,
    recorded,
    repeated,
    keys,
    silverKeys: silver && (await countSilverKeys(context, session, table, names, silver)),
  };
}

async function repeatedKeys(
  session: Session,
  primaryKey: readonly string[],
): Promise<RepeatedKey[]> {
  const names = primaryKey.map(identifier).join(", ");
  const { batches } = await session.stream(
    `select count(*), array_agg(distinct "_object" order by "_object"), ${names} from current_rows
     group by ${names} having count(*) > 1 order by ${names} limit 10`,
  );
  const found = (await Array.fromAsync(batches)).flat();
  return found.map(([rows, objects, ...values]) => ({
    key: JSON.stringify(Object.fromEntries(primaryKey.map((name, at) => [name, values[at]]))),
    rows: Number(rows),
    objects: objects as string[],
  }));
}

/** Silver may be larger than the disk: the keys of a few objects at a time are kept. */
async function countSilverKeys(
  context: Context,
  session: Session,
  table: Table,
  names: string,
  silver: readonly SilverObject[],
): Promise<number> {
  const { lake, scratch, signal } = context;
  const { columns, primaryKey } = table;
  const files: string[] = [];
  for (let at = 0; at < silver.length; at += objectsAtOnce) {
    signal.throwIfAborted();
    const some = silver.slice(at, at + objectsAtOnce).map(({ key }) => key);
    const paths = await localCopies(context, lake.silver, some);
    await session.define("silver_rows", { kind: "silver", columns, files: paths });
    await session.define("found_keys", {
      kind: "query",
      sql: `select distinct ${names} from silver_rows`,
    });
    const file = join(scratch, `keys-${table.name}-${at}.parquet`);
    await session.copy("found_keys", file, "parquet");
    files.push(file);
    await Promise.all(paths.map((path) => removeCopy(path, scratch)));
  }
  const keyColumns = columns.filter(({ name }) => primaryKey.includes(name));
  await session.define("found_keys", {
    kind: "files",
    columns: keyColumns,
    format: "parquet",
    files,
  });
  const count = await countOf(
    session,
    `select count(*) from (select distinct ${names} from found_keys)`,
  );
  await Promise.all(files.map((file) => removeCopy(file, scratch)));
  return count;
}

async function countOf(session: Session, sql: string): Promise<number> {
  const [row = {}] = await session.rows(sql);
  return Number(Object.values(row)[0]);
}
