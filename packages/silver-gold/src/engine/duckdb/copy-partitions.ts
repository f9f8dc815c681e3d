/** Writes the rows of many partitions, each to its own file, with the bytes that it has if it is written alone. */
import { mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { tableFormats } from "@lakehouse/formats/formats";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import { currentFormat } from "@lakehouse/lake/keys";
import { type PartitionFile, partitionNumber, type Session } from "../engine.ts";
import { groupsOf, smallRows } from "../plan-rewrite.ts";
import { storedColumns } from "./merge/merge-sql.ts";
import { columnStatistics, copiedFiles } from "./merge/statistics.ts";
import { dataFileOptions } from "./merge/write-files.ts";
import { checkedColumns, writtenColumns } from "./storable.ts";

type Arguments = Parameters<Session["copyPartitions"]>;
type Copied = Awaited<ReturnType<Session["copyPartitions"]>>;

/** The sorted rows of all partitions. */
const sortedRows = "__sorted_rows";
/** The folder of a partition's file. */
const folderPattern = new RegExp(`/${partitionNumber}=(\\d+)/`);
/** The longest file that is cut in memory. */
const mostBytes = 16 * 1024 * 1024;

/** Writes them. Partitions with more rows than fit into a group of rows of Parquet are left out. */
export async function copyPartitions(
  connection: DuckDBConnection,
  ...[view, directory, columns, target]: Arguments
): Promise<Copied> {
  const format = typeof target === "string" ? target : currentFormat;
  await mkdir(directory);
  try {
    await connection.run(
      `create or replace temp table ${sortedRows} as
       select ${partitionNumber}, ${checkedColumns(format, columns)} from ${identifier(view)} order by all`,
    );
    const reader = await connection.runAndReadAll(
      `select ${partitionNumber}, count(*) from ${sortedRows} group by all order by all`,
    );
    const counts = reader
      .getRows()
      .map(([number, count]) => ({ number: Number(number), rows: Number(count) }));
    const large = counts.filter(({ rows }) => rows > smallRows).map(({ number }) => number);
    const small = counts.filter(({ rows }) => rows <= smallRows);
    const files =
      (await copyAndCut(connection, directory, columns, target, small)) ??
      (await copyDivided(connection, directory, columns, target, small));
    return { files, large: new Set(large) };
  } finally {
    await connection.run(`drop table if exists temp.${sortedRows}`);
  }
}

/** A partition to write. */
interface Small {
  readonly number: number;
  readonly rows: number;
}

/** Writes one file, and cuts it. @returns Undefined if that is not possible. */
async function copyAndCut(
  connection: DuckDBConnection,
  directory: string,
  columns: Arguments[2],
  target: Arguments[3],
  partitions: readonly Small[],
): Promise<PartitionFile[] | undefined> {
  const { cut, copyOptions } = typeof target === "string" ? tableFormats[target].duckDb : {};
  if (typeof target !== "string" || cut === undefined || partitions.length === 0) {
    return undefined;
  }
  const whole = join(directory, "whole");
  await connection.run(
    `copy (select ${writtenColumns(target, columns)} from ${sortedRows}
      where ${partitionNumber} in (${partitions.map(({ number }) => number).join(", ")}))
     to ${literal(whole)} (${copyOptions})`,
  );
  const isShort = (await stat(whole)).size <= mostBytes;
  const files = partitions.map(({ number, rows }) => ({
    path: join(directory, `${number}${tableFormats[target].extension}`),
    partition: number,
    rows,
    bytes: 0,
    columns: {},
  }));
  if (isShort) {
    cut(whole, files);
  }
  await rm(whole);
  return isShort ? files : undefined;
}

/** Lets COPY divide the rows. */
async function copyDivided(
  connection: DuckDBConnection,
  directory: string,
  columns: Arguments[2],
  target: Arguments[3],
  partitions: readonly Small[],
): Promise<PartitionFile[]> {
  const selected =
    typeof target === "string" ? writtenColumns(target, columns) : storedColumns(columns);
  const options =
    typeof target === "string"
      ? `${tableFormats[target].duckDb.copyOptions}, return_files`
      : dataFileOptions(target);
  const groups = groupsOf(
    partitions.map(({ number, rows }) => ({ partition: String(number), files: [], rows })),
  );
  const rows = new Map(partitions.map((each) => [each.number, each.rows]));
  const files: PartitionFile[] = [];
  for (const [index, group] of groups.entries()) {
    const folder = join(directory, String(index));
    await mkdir(folder);
    const numbers = group.map(({ partition }) => partition);
    const reader = await connection.runAndReadAll(
      `copy (select ${selected}, ${partitionNumber} from ${sortedRows}
        where ${partitionNumber} in (${numbers.join(", ")}))
       to ${literal(folder)} (${options}, partition_by (${partitionNumber}))`,
    );
    const results = reader.getRowObjectsJson();
    const found =
      typeof target === "string"
        ? [results[0]?.["Files"] ?? []].flat().map((path) => ({ path: String(path) }))
        : copiedFiles(results).map((file) => ({
            path: file.filename,
            bytes: file.bytes,
            columns: columnStatistics(file, columns),
          }));
    files.push(...found.map((file) => numbered(file, rows)));
  }
  if (new Set(files.map(({ partition }) => partition)).size !== partitions.length) {
    throw new Error("A COPY did not write a file for each partition.");
  }
  return files;
}

function numbered(
  file: Pick<PartitionFile, "path"> & Partial<PartitionFile>,
  rows: ReadonlyMap<number, number>,
): PartitionFile {
  const partition = Number(folderPattern.exec(file.path)?.[1]);
  return { bytes: 0, columns: {}, ...file, partition, rows: rows.get(partition) ?? 0 };
}
