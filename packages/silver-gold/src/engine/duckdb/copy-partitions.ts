/** Writes the rows of many partitions, each to its own file, with the bytes that it has if it is written alone. */
import { mkdir } from "node:fs/promises";
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

/** The sorted rows of all partitions. */
const sortedRows = "__sorted_rows";
/** The folder of a partition's file. */
const folderPattern = new RegExp(`/${partitionNumber}=(\\d+)/`);

/** Writes them. Partitions with more rows than fit into a group of rows of Parquet are left out. */
export async function copyPartitions(
  connection: DuckDBConnection,
  ...[view, directory, columns, target]: Parameters<Session["copyPartitions"]>
): ReturnType<Session["copyPartitions"]> {
  const format = typeof target === "string" ? target : currentFormat;
  const selected =
    typeof target === "string" ? writtenColumns(format, columns) : storedColumns(columns);
  const options =
    typeof target === "string"
      ? `${tableFormats[target].duckDb.copyOptions}, return_files`
      : dataFileOptions(target);
  await mkdir(directory);
  try {
    await connection.run(
      `create or replace temp table ${sortedRows} as
       select ${partitionNumber}, ${checkedColumns(format, columns)} from ${identifier(view)} order by all`,
    );
    const counts = await connection.runAndReadAll(
      `select ${partitionNumber}, count(*) from ${sortedRows} group by all order by all`,
    );
    const rows = new Map(
      counts.getRows().map(([number, count]) => [Number(number), Number(count)]),
    );
    const small = [...rows]
      .filter(([, count]) => count <= smallRows)
      .map(([number, count]) => ({ partition: String(number), files: [], rows: count }));
    const files: PartitionFile[] = [];
    for (const [index, group] of groupsOf(small).entries()) {
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
    if (new Set(files.map(({ partition }) => partition)).size !== small.length) {
      throw new Error("A COPY did not write a file for each partition.");
    }
    const large = [...rows].filter(([, count]) => count > smallRows).map(([number]) => number);
    return { files, large: new Set(large) };
  } finally {
    await connection.run(`drop table if exists temp.${sortedRows}`);
  }
}

function numbered(
  file: Pick<PartitionFile, "path"> & Partial<PartitionFile>,
  rows: ReadonlyMap<number, number>,
): PartitionFile {
  const partition = Number(folderPattern.exec(file.path)?.[1]);
  return { bytes: 0, columns: {}, ...file, partition, rows: rows.get(partition) ?? 0 };
}
