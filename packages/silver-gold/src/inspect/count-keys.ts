/** Counts primary keys in current rows, where each must occur once, and in silver, where all of them must occur. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FileColumn } from "@lakehouse/formats/column";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import { bronzeKeyOfSilver, currentFormat, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import { conditionSql } from "../engine/condition-sql.ts";
import type { Engine, Session } from "../engine/engine.ts";

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
  /** The number of elements that the rows hold, by child. */
  readonly elements: ReadonlyMap<string, number>;
  /** At most ten of the keys that occur in several rows. */
  readonly repeated: readonly RepeatedKey[];
}

/** The bronze object of a current row, and the number of the row in it. */
const originColumns = [
  { name: "_object", type: { kind: "string" } },
  { name: "_row", type: { kind: "int64" } },
] as const;

/** A local copy of a silver object. */
export interface SilverCopy {
  readonly key: string;
  readonly path: string;
}

/** Where a row of silver comes from, and whether it deletes its key. */
const versionColumns = [
  { name: "_deleted", type: { kind: "boolean" } },
  { name: "_arrival", type: { kind: "string" } },
  ...originColumns,
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
    elements: await countElements(session, columns, view),
    repeated: await repeatedKeys(session, key, view),
  };
}

/**
 * Counts the distinct keys in silver that are not deleted, or the rows if the table has no primary key.
 *
 * @param batches Local copies, a few at a time, because silver may be larger than the disk.
 * @param scratch A folder for the keys that were found so far.
 */
export async function countSilverKeys(
  engine: Pick<Engine, "typeName">,
  session: Session,
  table: Table,
  batches: AsyncIterable<readonly SilverCopy[]>,
  scratch: string,
): Promise<number> {
  const { name, primaryKey } = table;
  if (primaryKey.length === 0) {
    return await countSilverRows(session, table, batches);
  }
  const keys = "silver_keys";
  const { columns: keyColumns, read, distinct } = keysOf(engine, table);
  const found: string[] = [];
  for await (const copies of batches) {
    const path = join(scratch, `keys-${name}-${found.length}.parquet`);
    const rows = await read(session, copies);
    await session.define(keys, { kind: "query", sql: distinct(rows) });
    await session.copy(keys, path, "parquet", keyColumns);
    found.push(path);
  }
  await session.define(keys, {
    kind: "files",
    columns: keyColumns,
    format: "parquet",
    files: found,
  });
  const isThere = table.deleteWhen === undefined ? "" : ` where not "_deleted"`;
  const counted = await count(session, `select * from (${distinct(keys)}) as latest${isThere}`);
  await Promise.all(found.map((path) => rm(path)));
  return counted;
}

/** How to find the distinct keys of a table. */
interface KeyQueries {
  readonly columns: readonly FileColumn[];
  /** Defines the rows of silver objects. @returns The name of the view. */
  read(session: Session, copies: readonly SilverCopy[]): Promise<string>;
  /** The query for one row of each key in a view: the latest, if rows may delete their key. */
  distinct(view: string): string;
}

function keysOf(engine: Pick<Engine, "typeName">, table: Table): KeyQueries {
  const { columns, primaryKey, orderBy, deleteWhen } = table;
  const view = "silver_rows";
  const named = (names: readonly string[]) => columns.filter(({ name }) => names.includes(name));
  if (deleteWhen === undefined) {
    return {
      columns: named(primaryKey),
      async read(session, copies) {
        const files = copies.map(({ path }) => path);
        await session.define(view, { kind: "silver", columns, files });
        return view;
      },
      distinct: (from) => distinctKeys(primaryKey, from),
    };
  }
  const isDeleted = `coalesce(${conditionSql(engine, table, deleteWhen)}, false)`;
  const order = [...orderBy, "_arrival", "_object", "_row"];
  return {
    columns: [...named([...primaryKey, ...orderBy]), ...versionColumns],
    async read(session, copies) {
      const parts: string[] = [];
      for (const [index, { key, path }] of copies.entries()) {
        const { key: object, arrival } = parseBronzeKey(bronzeKeyOfSilver(key));
        const part = `${view}_${index}`;
        await session.define(part, { kind: "silver", columns, files: [path] });
        parts.push(
          `select ${list([...primaryKey, ...orderBy])}, ${isDeleted} as "_deleted", ${literal(arrival)} as "_arrival",
           ${literal(object)} as "_object", row_number() over () as "_row" from ${part}`,
        );
      }
      await session.define(view, { kind: "query", sql: parts.join(" union all ") });
      return view;
    },
    distinct: (from) =>
      `select distinct on (${list(primaryKey)}) * from ${from}
       order by ${order.map((name) => `${identifier(name)} desc nulls last`).join(", ")}`,
  };
}

async function countElements(
  session: Session,
  columns: Table["columns"],
  view: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of columns.filter(({ child }) => child !== undefined)) {
    const [row] = await session.rows(
      `select coalesce(sum(json_array_length(${identifier(name)})), 0) as counted from ${view}`,
    );
    counts.set(name, Number(row?.["counted"]));
  }
  return counts;
}

async function countSilverRows(
  session: Session,
  { columns }: Table,
  batches: AsyncIterable<readonly SilverCopy[]>,
): Promise<number> {
  const view = "silver_rows";
  let rows = 0;
  for await (const copies of batches) {
    const files = copies.map(({ path }) => path);
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
