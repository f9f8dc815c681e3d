/** Writes the data files of a merge, a statement after the other on each connection. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePath, filePaths } from "@lakehouse/formats/duckdb-sql";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import { inParallel } from "../../../in-parallel.ts";
import { copiesOf } from "../../decided-merge.ts";
import type { MergeInput } from "../../engine.ts";
import { fullRows, groupsOf, type RewritePlan, type SortedPartition } from "../../plan-rewrite.ts";
import { translated } from "../duckdb-error.ts";
import { type MergeSql, mergeTables, partitionName } from "./merge-sql.ts";
import { type CopiedFile, columnStatistics, copiedFiles } from "./statistics.ts";

const { newRows, matches } = mergeTables;
const replacements = "__merge_replacements";
/** The most rows, and bytes of their strings, that replace rows of a large file from lists in memory. */
const fewReplacements = 10_000;
const fewBytes = 4 * 1024 * 1024;
/** A reader can skip groups of rows. */
export const rowGroupSize = 61_440;

/** One COPY. */
export interface Work {
  readonly name: string;
  /** The file that is copied, if it is one. */
  readonly copied?: DataFile;
  /** The partition of all rows; undefined if COPY divides them by partition. */
  readonly partition?: string;
  /** Their number, at most. Rows of several partitions are so few that each has one file. */
  readonly count: number;
  /** Returns the query for the rows. */
  readonly rows: (connection: DuckDBConnection) => Promise<string>;
}

/** What a merge wrote. */
export interface WrittenFiles {
  readonly files: readonly DataFile[];
  /** Files that are copies of others. */
  readonly copied: ReadonlyMap<DataFile, DataFile>;
}

/** @returns The new files, with local paths, and which are copies of others. */
export async function writeFiles(
  connections: readonly DuckDBConnection[],
  input: MergeInput,
  sql: MergeSql,
  { groups, copies }: RewritePlan,
  paths: ReadonlyMap<DataFile, string>,
): Promise<WrittenFiles> {
  const writer = new Writer(input, sql, paths, copies.length > 0);
  const sorted = await Promise.all(
    groups.map((group, index) => writer.sorted(connections[0], group, `${index}`)),
  );
  const work = [...sorted.flat(), ...copies.map((file, index) => writer.copied(file, `c${index}`))];
  const idle = [...connections];
  let done = 0;
  const written = await inParallel(work, connections.length, async (each) => {
    const connection = idle.pop();
    if (connection === undefined) {
      throw new Error("No connection is idle.");
    }
    try {
      return await writer.write(connection, each);
    } finally {
      idle.push(connection);
      done += 1;
      input.onProgress?.(done, work.length);
    }
  });
  const originals = work.map(({ copied }) => copied);
  return { files: written.flat(), copied: copiesOf(written, originals) };
}

/** Writes all rows of a table of the merge. @returns The new files, with local paths. */
export async function writeAll(
  [connection]: readonly DuckDBConnection[],
  input: MergeInput,
  sql: MergeSql,
  table: string,
): Promise<DataFile[]> {
  if (connection === undefined) {
    throw new Error("No connection is idle.");
  }
  const partitions = await countRows(connection, table);
  const writer = new Writer(input, sql, new Map(), false);
  const written: DataFile[] = [];
  for (const [index, group] of groupsOf(partitions, input.mostRows).entries()) {
    written.push(...(await writer.write(connection, writer.stored(table, group, index))));
  }
  return written;
}

/** The numbers of rows of a table of the merge, by partition. */
export async function countRows(
  connection: DuckDBConnection,
  table: string,
): Promise<SortedPartition[]> {
  const reader = await connection.runAndReadAll(
    `select ${partitionName}, count(*) from ${table} group by all order by all`,
  );
  return reader
    .getRows()
    .map(([value, count]) => ({ partition: String(value), files: [], rows: Number(count) }));
}

type WriterInput = Pick<MergeInput, "table" | "fieldIds" | "mostRows" | "directory" | "base">;

/** Writes the files of a merge. */
export class Writer {
  readonly #input: WriterInput;
  readonly #sql: MergeSql;
  readonly #paths: ReadonlyMap<DataFile, string>;
  /** Whether some new rows take the place of rows in large files. */
  readonly #isPlaced: boolean;
  readonly #mostRows: number;
  readonly #rowGroupSize: number;
  readonly #options: string;

  /** @param isPlaced Whether some new rows take the place of rows in large files. */
  constructor(
    input: WriterInput,
    sql: MergeSql,
    paths: ReadonlyMap<DataFile, string>,
    isPlaced: boolean,
  ) {
    this.#input = input;
    this.#sql = sql;
    this.#paths = paths;
    this.#isPlaced = isPlaced;
    this.#mostRows = input.mostRows ?? fullRows;
    this.#rowGroupSize = Math.min(rowGroupSize, this.#mostRows);
    this.#options = dataFileOptions(input.fieldIds, this.#rowGroupSize);
  }

  /** Partitions whose rows are sorted: new ones together with those of small files. */
  async sorted(
    connection: DuckDBConnection | undefined,
    group: readonly SortedPartition[],
    name: string,
  ): Promise<Work[]> {
    const { columns, fromNew, partition, order, unplaced, sameKey, key, replacing } = this.#sql;
    const [first, last] = [group[0]?.partition ?? "", group.at(-1)?.partition ?? ""];
    const isOne = group.length === 1;
    const files = group.flatMap(({ files }) => files.map((file) => this.#paths.get(file) ?? ""));
    const within = `${partitionName} between ${literal(first)} and ${literal(last)}`;
    const selected = [...columns, ...(isOne ? [] : [partitionName])].join(", ");
    const total = group.reduce((sum, { rows }) => sum + rows, 0);
    const isSorted = files.length === 0 && !this.#isPlaced;
    if (isSorted && isOne && total > this.#mostRows) {
      const found = await connection?.runAndReadAll(
        `select min(rowid) from ${newRows} where ${within}`,
      );
      const start = Number(found?.getRows()[0]?.[0]);
      return rangesOf(start, total, this.#mostRows).map(([from, to], index) =>
        this.range(`${name}-${index}`, first, from, to),
      );
    }
    const fresh = `select ${fromNew.join(", ")}, ${partitionName} from ${unplaced} where ${within}`;
    const replaced =
      key.length === 0
        ? ""
        : `where not exists (select 1 from ${replacing} as __n where ${sameKey("__o", "__n")})`;
    const old = `select * from (select ${columns.join(", ")}, ${partition} as ${partitionName}
      from read_parquet(${filePaths(files)}, hive_partitioning = false)) as __o ${replaced}`;
    const rows =
      files.length === 0
        ? `select ${selected} from (${fresh})`
        : `select ${selected} from (${old} union all ${fresh})`;
    const query = isSorted ? rows : `${rows} order by ${partitionName}, ${order}`;
    return [
      {
        name,
        ...(isOne && { partition: first }),
        count: total,
        rows: () => Promise.resolve(query),
      },
    ];
  }

  /** Some of the new rows of a large partition. @param to The place after the last row. */
  range(name: string, partition: string, from: number, to: number): Work {
    const rows = `select ${this.#sql.fromNew.join(", ")} from ${newRows} where rowid >= ${from} and rowid < ${to}`;
    return { name, partition, count: to - from, rows: () => Promise.resolve(rows) };
  }

  /** Rows of a table of the merge. */
  stored(table: string, group: readonly SortedPartition[], index: number): Work {
    const { fromNew, order } = this.#sql;
    const [first, last] = [group[0]?.partition ?? "", group.at(-1)?.partition ?? ""];
    const isOne = group.length === 1;
    const query = `select ${[...fromNew, ...(isOne ? [] : [partitionName])].join(", ")} from ${table}
      where ${partitionName} between ${literal(first)} and ${literal(last)} order by ${partitionName}, ${order}`;
    return {
      name: `${table}-${index}`,
      ...(isOne && { partition: first }),
      count: group.reduce((sum, { rows }) => sum + rows, 0),
      rows: () => Promise.resolve(query),
    };
  }

  /** A large file, with its rows in their order. A new row in the same partition takes the place of the old one. */
  copied(file: DataFile, name: string): Work {
    const { columns, sameKey, replacing, strings } = this.#sql;
    const { base } = this.#input;
    const old = `(select *, ${literal(file.partition)} as ${partitionName}
      from read_parquet(${filePath(this.#paths.get(file) ?? "")}, hive_partitioning = false))`;
    const select = (value: (column: string) => string) =>
      `select ${columns.map((column) => `${value(column)} as ${column}`).join(", ")}`;
    // A subquery, because a join would not keep the order of rows.
    const found = (what: string) =>
      `(select ${what} from ${replacements} as __n where ${sameKey("__n", "__o")})`;
    const rows = async (connection: DuckDBConnection): Promise<string> => {
      await connection.run(
        `create or replace temp table ${replacements} as
         select ${[...columns, partitionName].map((column) => `__n.${column}`).join(", ")}, __m.__stays,
           case when __m.__stays then row_number() over (partition by __m.__stays) else 0 end as __place
         from ${matches} as __m join ${replacing} as __n on ${sameKey("__m", "__n")}
         where __m.__wins and __m.__file = ${base.indexOf(file)}`,
      );
      const lengths = strings.map((column) => `coalesce(strlen(${column}), 0)`);
      const size = await connection.runAndReadAll(
        `select count(*), coalesce(sum(${["0", ...lengths].join(" + ")}), 0) from ${replacements}`,
      );
      const [count = 0, bytes = 0] = size.getRows()[0]?.map(Number) ?? [];
      if (count <= fewReplacements && bytes <= fewBytes) {
        // The subquery finds a number only, and each value is taken from a list. That takes half as long for few rows.
        const lists = columns.map((column) => `list(${column} order by __place) as ${column}`);
        return `${select((column) => `case when __place is null then __old.${column} else __new.${column}[__place] end`)}
          from (select *, ${found("__place")} as __place from ${old} as __o) as __old,
            (select ${lists.join(", ")} from ${replacements} where __stays) as __new
          where __place is null or __place > 0`;
      }
      return `${select((column) => `case when __new is null then __old.${column} else __new.${column} end`)}
        from (select __o as __old, ${found("__n")} as __new from ${old} as __o)
        where __new is null or __new.__stays`;
    };
    return { name, copied: file, partition: file.partition, count: file.rows, rows };
  }

  async write(connection: DuckDBConnection, work: Work): Promise<DataFile[]> {
    const { name, partition, count, rows } = work;
    const isSplit = partition !== undefined && count > this.#mostRows;
    const isOneFile = partition !== undefined && !isSplit;
    const target = join(this.#input.directory, isOneFile ? `${name}.parquet` : name);
    if (!isOneFile) {
      await mkdir(target);
    }
    // One thread writes the rows in their order, so these files follow each other.
    const divided = isSplit
      ? `, row_groups_per_file ${Math.floor(this.#mostRows / this.#rowGroupSize)}`
      : partition === undefined
        ? `, partition_by (${partitionName})`
        : "";
    const reader = await translated(async () => {
      const query = await rows(connection);
      return await connection.runAndReadAll(
        `copy (${query}) to ${literal(target)} (${this.#options}${divided})`,
      );
    });
    await connection.run(`drop table if exists temp.${replacements}`);
    const files = copiedFiles(reader.getRowObjectsJson());
    await Promise.all(files.filter(isEmpty).map(({ filename }) => rm(filename)));
    return files
      .filter((file) => !isEmpty(file))
      .map((file) => ({
        path: file.filename,
        partition: partition ?? file.partition ?? "",
        rows: file.rows,
        bytes: file.bytes,
        columns: columnStatistics(file, this.#input.table.columns),
      }));
  }
}

/** Divides the rows of a large partition into files. @param start The place of its first row. */
export function rangesOf(
  start: number,
  rows: number,
  mostRows: number,
): readonly (readonly [from: number, to: number])[] {
  const files = Math.ceil(rows / mostRows);
  const at = (index: number) => start + Math.floor((rows * index) / files);
  return Array.from({ length: files }, (_, index) => [at(index), at(index + 1)] as const);
}

/** The options of a COPY that writes data files, and returns a row for each. */
export function dataFileOptions(
  fieldIds: MergeInput["fieldIds"],
  size: number = rowGroupSize,
): string {
  const ids = Object.entries(fieldIds).map(([name, id]) => `${identifier(name)}: ${id}`);
  // DuckDB's Bloom filters take more time than everything else.
  return `format parquet, compression zstd, compression_level 1, row_group_size ${size},
    write_bloom_filter false, return_stats, field_ids {${ids.join(", ")}}`;
}

function isEmpty({ rows }: CopiedFile): boolean {
  return rows === 0;
}
