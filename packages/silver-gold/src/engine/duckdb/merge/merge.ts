/**
 * Merges rows into the data files of a table: keeps the latest new row of each key, finds the rows that they replace, and
 * writes only files with such rows. A row that deletes its key is merged like all rows, but written to a file of its own, a
 * tombstone. The next merge gets it as a new row again, so an older row of the key stays out. Each connection has one thread, so each statement keeps the order of rows.
 */
import { mkdir } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePaths, list } from "@lakehouse/formats/duckdb-sql";
import { literal } from "@lakehouse/formats/sql-text";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { inParallel } from "../../../in-parallel.ts";
import { bloomFilter, type Hashes, mayHaveAny } from "../../bloom-filter.ts";
import { refuseLoss, rowsIn } from "../../decided-merge.ts";
import {
  arrivalColumns,
  type JsonValue,
  type MergeDecision,
  type MergeInput,
  type MergeOutput,
} from "../../engine.ts";
import { planRewrite, smallRows } from "../../plan-rewrite.ts";
import { translated } from "../duckdb-error.ts";
import { divideWrites } from "./divide-writes.ts";
import { hashKeys } from "./key-hashes.ts";
import { type MergeSql, mergeSql, mergeTables, narrowSql, partitionName } from "./merge-sql.ts";
import { createOriginTypes, dropOriginTypes } from "./origin-types.ts";
import { writeAll, writeFiles } from "./write-files.ts";

const { newRows, repeatedKeys, lostRows, tombstones, baseFiles, matches, placed } = mergeTables;
/** The column of `newRows` that says whether a row deletes its key. */
const deletesName = "__deletes";

/** With more new rows, each file probably has one of their keys. */
const mostHashed = 100_000;

/** Runs a merge on one connection, and writes files on all of them. */
export async function mergeFiles(
  connection: DuckDBConnection,
  others: readonly DuckDBConnection[],
  input: MergeInput,
): Promise<MergeOutput> {
  return await withOrigins(connection, input, (sql) =>
    new Merge(connection, input, sql).run([connection, ...others]),
  );
}

/** Decides a merge on one connection. */
export async function decideMerge(
  connection: DuckDBConnection,
  input: MergeInput,
  mostRows: number,
): Promise<MergeDecision> {
  return await withOrigins(connection, input, (sql) =>
    new Merge(connection, input, narrowSql(sql, input.table)).share(mostRows),
  );
}

async function withOrigins<T>(
  connection: DuckDBConnection,
  input: MergeInput,
  merge: (sql: MergeSql) => Promise<T>,
): Promise<T> {
  try {
    const origins = await translated(() => createOriginTypes(connection, input.added));
    return await merge(mergeSql(input.table, origins));
  } finally {
    for (const name of Object.values(mergeTables)) {
      await connection.run(`drop table if exists ${name}`);
    }
    await dropOriginTypes(connection);
  }
}

class Merge {
  readonly #connection: DuckDBConnection;
  readonly #input: MergeInput;
  readonly #sql: MergeSql;
  /** Local copies of data files. */
  readonly #paths = new Map<DataFile, string>();
  /** The files that have a filter. */
  readonly #hasFilter = new Set<DataFile>();
  readonly #filters = new Map<DataFile, Uint8Array>();
  readonly #moves = new Map<string, readonly [string, string]>();

  constructor(connection: DuckDBConnection, input: MergeInput, sql: MergeSql) {
    this.#connection = connection;
    this.#input = input;
    this.#sql = sql;
  }

  async run(connections: readonly DuckDBConnection[]): Promise<MergeOutput> {
    const { plan, rows, ...decided } = await this.#decide();
    const [input, sql] = [this.#input, this.#sql];
    await this.#open(decided.removed);
    const { files, copied } = await writeFiles(connections, input, sql, plan, this.#paths);
    refuseLoss(files, rows);
    const deleted =
      sql.deletes === undefined ? [] : await writeAll(connections, input, sql, tombstones);
    return { ...decided, written: files, copies: copied, tombstones: deleted };
  }

  async share(mostRows: number): Promise<MergeDecision> {
    const { plan, ...decided } = await this.#decide();
    const jobs = await divideWrites(
      { ...this.#input, connection: this.#connection, sql: this.#sql },
      plan,
      mostRows,
    );
    return { ...decided, jobs };
  }

  async #decide() {
    const { base, directory, mostRows } = this.#input;
    await mkdir(directory, { recursive: true });
    await this.#keepLatest();
    const hit = await this.#findReplaced();
    await this.#setDeletedAside();
    const plan = planRewrite(base, hit, await this.#fresh(), mostRows);
    const removed = [...plan.groups.flat().flatMap(({ files }) => files), ...plan.copies];
    const rows = (await this.#rowsAfter()) - rowsIn(base) + rowsIn(removed);
    return { plan, removed, rows, moves: [...this.#moves.values()].sort(), filters: this.#filters };
  }

  /** Takes the rows that delete their key out of the new rows. */
  async #setDeletedAside(): Promise<void> {
    const { columns, deletes, order } = this.#sql;
    if (deletes === undefined) {
      return;
    }
    const rows = `select ${[...columns, partitionName].join(", ")} from ${newRows}`;
    const sorted = `order by ${partitionName}, ${order}`;
    await this.#run(`create table ${tombstones} as ${rows} where ${deletesName} ${sorted}`);
    await this.#run(
      `create or replace table ${newRows} as ${rows} where not ${deletesName} ${sorted}`,
    );
  }

  /** Keeps the latest new row of each key, sorted as in files. */
  async #keepLatest(): Promise<void> {
    const { key, deletes, selectNew, order, hasPositions } = this.#sql;
    const files = `read_parquet(${filePaths(this.#input.added)}, hive_partitioning = false)`;
    const flag = deletes === undefined ? "" : `, ${deletes} as ${deletesName}`;
    const sorted = `order by ${partitionName}, ${order}`;
    const rows = (where = "") =>
      deletes === undefined
        ? `${selectNew} from ${files} as __n ${where} ${sorted}`
        : `select *${flag} from (${selectNew} from ${files} as __n ${where}) ${sorted}`;
    if (key.length === 0) {
      await this.#run(`create table ${newRows} as ${rows()}`);
    } else if (hasPositions) {
      const lost = await this.#findLost(files);
      const where = `where not exists (select 1 from ${lostRows} as __l
        where __l.file = __n.file_index and __l.row = __n.file_row_number)`;
      await this.#run(`create table ${newRows} as ${rows(lost > 0 ? where : "")}`);
    } else {
      await this.#rankRows(`${selectNew} from ${files} as __n`, flag);
    }
  }

  /**
   * Finds the new rows that a later one of their key replaces. It looks at few columns, because ranking takes a copy of
   * all that it looks at.
   *
   * @returns Their number.
   */
  async #findLost(files: string): Promise<number> {
    const { match, latestFirst, ranked, sameKey } = this.#sql;
    const rows = `(select ${ranked}, file_index, file_row_number from ${files})`;
    // Mostly few keys have several new rows, and to count rows takes less than half as long as to rank them.
    await this.#run(
      `create table ${repeatedKeys} as select ${match.join(", ")} from ${rows} group by all having count(*) > 1`,
    );
    await this.#run(
      `create table ${lostRows} as
       select file_index as file, file_row_number as row, ${partitionName} as own, first_value(${partitionName}) over latest as winner
       from ${rows} as __n where exists (select 1 from ${repeatedKeys} as __r where ${sameKey("__r", "__n")})
       window latest as (partition by ${match.join(", ")} order by ${latestFirst})
       qualify row_number() over latest > 1`,
    );
    await this.#noteMoves(
      `select distinct own as a, winner as b from ${lostRows} where own <> winner`,
    );
    const [found] = await this.#rows(`select count(*) as lost from ${lostRows}`);
    return Number(found?.["lost"]);
  }

  /** Keeps the latest rows of a table whose columns have the names of positions. */
  async #rankRows(rows: string, flag: string): Promise<void> {
    const { match, order, latestFirst } = this.#sql;
    await this.#run(
      `create table ${newRows} as
       select *${flag}, row_number() over latest as __rank, first_value(${partitionName}) over latest as __latest
       from (${rows}) window latest as (partition by ${match.join(", ")} order by ${latestFirst})
       qualify __rank = 1 or ${partitionName} <> __latest
       order by ${partitionName}, ${order}, __rank`,
    );
    const moved = await this.#noteMoves(
      `select distinct ${partitionName} as a, __latest as b from ${newRows} where __rank > 1`,
    );
    if (moved) {
      await this.#run(`create or replace table ${newRows} as from ${newRows} where __rank = 1`);
    }
  }

  /**
   * Finds the rows with a new key. Removes the new rows that are older.
   *
   * @returns The files with a row to replace.
   */
  async #findReplaced(): Promise<DataFile[]> {
    const { key, match, partition, rank, sameKey, columns, order, deletes } = this.#sql;
    const isDeleted = deletes === undefined ? "false" : `__n.${deletesName}`;
    const { base } = this.#input;
    const candidates = key.length === 0 ? [] : await this.#filtered(await this.#candidates());
    if (candidates.length === 0) {
      return [];
    }
    await this.#open(candidates);
    const keys = match.map((column) => `__n.${column}`).join(", ");
    const paths = candidates.map((file) => this.#paths.get(file) ?? "");
    const ids = candidates.map((file) => base.indexOf(file));
    const wins = (await this.#areLater(candidates)) ? "true" : `${rank("__n")} > ${rank("__o")}`;
    // The files are looked up for the rows that are found. A join of all three would look them up for each old row.
    await this.#run(
      `create table ${matches} as
       with found as materialized (
         select ${keys}, __o.__path, ${wins} as __wins,
           __n.${partitionName} as __to, ${isDeleted} as __deletes
         from (select *, ${partition} as ${partitionName}
           from read_parquet(${filePaths(paths)}, filename = '__path', hive_partitioning = false)) as __o
         join ${newRows} as __n on ${sameKey("__o", "__n")})
       select ${match.map((column) => `found.${column}`).join(", ")}, files.id as __file, files.part as __part, __wins,
         files.part = __to and not __deletes as __stays
       from found
       join (select unnest(${list(paths)}) as path, unnest([${ids.join(", ")}]) as file) as opened
         on opened.path = found.__path
       join ${baseFiles} as files on files.id = opened.file`,
    );
    await this.#makeFilters(candidates);
    await this.#noteMoves(
      `select distinct __m.__part as a, __n.${partitionName} as b
       from ${matches} as __m join ${newRows} as __n on ${sameKey("__m", "__n")} where __m.__part <> __n.${partitionName}`,
    );
    const [count] = await this.#rows(`select count(*) as older from ${matches} where not __wins`);
    if (Number(count?.["older"]) > 0) {
      await this.#run(
        `create or replace table ${newRows} as
         select ${[...columns, partitionName, ...(deletes === undefined ? [] : [deletesName])].join(", ")}
         from ${newRows} as __n where not exists (select 1 from ${matches} as __m where not __m.__wins and ${sameKey("__m", "__n")})
         order by ${partitionName}, ${order}`,
      );
    }
    const large = base.flatMap(({ rows }, id) => (rows > smallRows ? [id] : []));
    await this.#run(
      `create table ${placed} as select ${match.join(", ")} from ${matches}
       where __wins and __stays and list_contains([${large.join(", ")}]::INTEGER[], __file)`,
    );
    return filesOf(
      base,
      await this.#rows(`select distinct __file as id from ${matches} where __wins order by id`),
    );
  }

  /** The files that may have a new key, as far as they have filters. The range of random keys is that of all keys. */
  async #filtered(candidates: readonly DataFile[]): Promise<readonly DataFile[]> {
    const { filter, concurrency } = this.#input;
    const large = candidates.filter(({ rows }) => rows > smallRows);
    const count = await this.#countNew();
    if (filter === undefined || !this.#sql.haveHashes || large.length === 0 || count > mostHashed) {
      return candidates;
    }
    let hashes: Promise<Hashes> | undefined;
    const without = new Set<DataFile>();
    await inParallel(large, concurrency, async (file) => {
      const found = await filter(file);
      if (found !== undefined) {
        this.#hasFilter.add(file);
        hashes ??= this.#hash(newRows, count);
        if (!mayHaveAny(found, await hashes)) {
          without.add(file);
        }
      }
    });
    return candidates.filter((file) => !without.has(file));
  }

  /** Makes the filters of large files that were read in vain. */
  async #makeFilters(read: readonly DataFile[]): Promise<void> {
    const { filter, base } = this.#input;
    if (filter === undefined || !this.#sql.haveHashes || (await this.#countNew()) > mostHashed) {
      return;
    }
    const matched = new Set(
      filesOf(base, await this.#rows(`select distinct __file as id from ${matches}`)),
    );
    const inVain = (file: DataFile) =>
      file.rows > smallRows && !matched.has(file) && !this.#hasFilter.has(file);
    for (const file of read.filter(inVain)) {
      const rows = `read_parquet(${filePaths([this.#paths.get(file) ?? ""])}, hive_partitioning = false)`;
      this.#filters.set(file, bloomFilter(await this.#hash(rows, file.rows)));
    }
  }

  async #hash(rows: string, count: number): Promise<Hashes> {
    return await translated(() => hashKeys(this.#connection, this.#sql.key, rows, count));
  }

  async #countNew(): Promise<number> {
    const [found] = await this.#rows(`select count(*) as rows from ${newRows}`);
    return Number(found?.["rows"]);
  }

  /**
   * Whether all new rows arrived after all rows of these files, as far as the files' metadata says so. Rows of large files
   * then need not be read to compare each.
   */
  async #areLater(files: readonly DataFile[]): Promise<boolean> {
    if (this.#input.table.orderBy.length > 0 || rowsIn(files) < files.length * smallRows) {
      return false;
    }
    const [arrival] = arrivalColumns;
    const paths = files.map((file) => this.#paths.get(file) ?? "");
    const [found] = await this.#rows(
      `select (select bool_and(${arrival} is not null) and min(${arrival}::VARCHAR) > (
           select case when bool_and(coalesce(max_is_exact, false)) then max(stats_max_value) end
           from parquet_metadata(${filePaths(paths)}) where path_in_schema = ${literal(arrival)}
         ) from ${newRows}) as later`,
    );
    return found?.["later"] === true;
  }

  /** The files in whose range of keys there is a new key. */
  async #candidates(): Promise<DataFile[]> {
    const { key, keyType } = this.#sql;
    const { base, table } = this.#input;
    const within = table.keysNeverMove
      ? `and part in (select distinct ${partitionName} from ${newRows})`
      : "";
    const [name = ""] = table.primaryKey;
    if (base.length === 0) {
      return [];
    }
    const bounds = (which: "min" | "max"): string => {
      const values = base.map(({ columns }) => {
        const bound = columns[name]?.[which];
        return bound === undefined ? "null" : literal(bound);
      });
      return `cast(unnest([${values.join(", ")}]::VARCHAR[]) as ${keyType})`;
    };
    const parts = list(base.map(({ partition }) => partition));
    await this.#run(
      `create table ${baseFiles} as select unnest(range(${base.length}))::INTEGER as id, unnest(${parts}) as part,
         ${bounds("min")} as low, ${bounds("max")} as high`,
    );
    const found = await this.#rows(
      `select id from ${baseFiles} where (low is null or high is null) ${within}
       union all
       select id from (from ${baseFiles} where low is not null and high is not null ${within}) as files
       asof join (select ${key[0]} as __key from ${newRows} order by 1) as keys on files.low <= keys.__key
       where keys.__key <= files.high
       order by id`,
    );
    return filesOf(base, found);
  }

  /** The number of new rows by partition, without those that take the place of a row in a large file. */
  async #fresh(): Promise<ReadonlyMap<string, number>> {
    const { unplaced } = this.#sql;
    await this.#createPlaced();
    const found = await this.#rows(
      `select ${partitionName} as part, count(*) as rows from ${unplaced} group by all order by all`,
    );
    return new Map(found.map(({ part, rows }) => [String(part), Number(rows)]));
  }

  /** So that all merges have the same tables. */
  async #createPlaced(): Promise<void> {
    const { match } = this.#sql;
    const none = `from ${newRows} limit 0`;
    await this.#run(
      `create table if not exists ${placed} as select ${match.join(", ") || "1"} ${none}`,
    );
    await this.#run(
      `create table if not exists ${matches} as
       select ${[...match, "0 as __file", "true as __wins", "true as __stays"].join(", ")} ${none}`,
    );
  }

  async #rowsAfter(): Promise<number> {
    const [found] = await this.#rows(
      `select (select count(*) from ${newRows}) as added,
         (select count(*) from ${matches} where __wins) as replaced`,
    );
    return rowsIn(this.#input.base) + Number(found?.["added"]) - Number(found?.["replaced"]);
  }

  /** Notes pairs of partitions, the smaller first. @returns Whether there are any. */
  async #noteMoves(sql: string): Promise<boolean> {
    const pairs = await this.#rows(sql);
    for (const { a, b } of pairs) {
      const [first = "", second = ""] = [String(a), String(b)].sort();
      this.#moves.set(JSON.stringify([first, second]), [first, second]);
    }
    return pairs.length > 0;
  }

  async #open(files: readonly DataFile[]): Promise<void> {
    const { open, concurrency } = this.#input;
    const closed = files.filter((file) => !this.#paths.has(file));
    await inParallel(closed, concurrency, async (file) => {
      this.#paths.set(file, await open(file));
    });
  }

  async #run(sql: string): Promise<void> {
    await translated(() => this.#connection.run(sql));
  }

  async #rows(sql: string): Promise<Record<string, JsonValue>[]> {
    const reader = await translated(() => this.#connection.runAndReadAll(sql));
    return reader.getRowObjectsJson();
  }
}

function filesOf(
  base: readonly DataFile[],
  rows: readonly Record<string, JsonValue>[],
): DataFile[] {
  return rows.flatMap(({ id }) => base[Number(id)] ?? []);
}
