/** Writes the sorted rows of a query to data files of an open table. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { literal } from "@lakehouse/formats/sql-text";
import { digestOfFile } from "@lakehouse/lake/digest";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import type { MergeInput } from "../engine.ts";
import { fullRows } from "../plan-rewrite.ts";
import { columnStatistics, copiedFiles } from "./merge/statistics.ts";
import { dataFileOptions, rowGroupSize } from "./merge/write-files.ts";

type LocalFile = Omit<DataFile, "partition">;

/**
 * Writes them. One thread does, so the files follow each other.
 *
 * @param directory A new folder.
 * @param mostRows The most rows of a file.
 */
export async function copyDataFiles(
  connection: DuckDBConnection,
  rows: string,
  directory: string,
  columns: readonly ModelColumn[],
  fieldIds: MergeInput["fieldIds"],
  mostRows: number = fullRows,
): Promise<readonly LocalFile[]> {
  await mkdir(directory);
  const groupSize = Math.min(rowGroupSize, mostRows);
  const options = dataFileOptions(fieldIds, groupSize);
  const copy = async (target: string, more: string): Promise<LocalFile[]> => {
    const reader = await connection.runAndReadAll(
      `copy (${rows}) to ${literal(target)} (${options}${more})`,
    );
    return copiedFiles(reader.getRowObjectsJson())
      .filter((file) => file.rows > 0)
      .map((file) => ({
        path: file.filename,
        rows: file.rows,
        bytes: file.bytes,
        columns: columnStatistics(file, columns),
      }))
      .sort((a, b) => numberIn(a.path) - numberIn(b.path));
  };
  const parts = join(directory, "parts");
  await mkdir(parts);
  const perFile = Math.floor(mostRows / groupSize);
  const files = await copy(parts, `, row_groups_per_file ${perFile}`);
  const digests = new Set<string>();
  for (const { path } of files.length > 1 ? files : []) {
    digests.add(await digestOfFile(path));
  }
  // Files are named by their content, so those with the same rows over and over have to be one.
  return files.length > 1 && digests.size < files.length
    ? await copy(join(directory, "whole.parquet"), "")
    : files;
}

/** COPY counts the files that it writes. */
function numberIn(path: string): number {
  return Number(/_(\d+)\.parquet$/.exec(path)?.[1] ?? 0);
}
