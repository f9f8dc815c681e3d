/** Merges one partition of current rows: keeps the latest row of each primary key. */
import { stat } from "node:fs/promises";
import { readParquet, writeParquet } from "@lakehouse/formats/parquet/native";
import type { Table } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";
import { releaseFrames } from "./native-memory.ts";
import { arrivalColumns } from "./silver-reader.ts";

/** The size of a spilled file relative to Parquet, roughly. */
const parquetRatio = 4;

/**
 * Merges files into one, and releases the frames.
 *
 * The last row by the contract's `orderBy`, arrival, bronze key and row number wins; null is before all values. Rows
 * contain all of them, so the order of the files and earlier merges make no difference. The result is sorted by primary key.
 * In a table without a primary key all rows stay, in the order of arrival.
 *
 * @param current Rows that were merged before, as Parquet.
 * @param spilled New rows.
 * @param target Where to write the result. Nothing is written if it has no rows.
 * @returns The number of rows.
 */
export async function mergePartition(
  table: Table,
  current: readonly string[],
  spilled: readonly string[],
  target: string,
): Promise<number> {
  const rows = merge(table, current, spilled, target);
  await releaseFrames((await sizeOf(current)) * parquetRatio + (await sizeOf(spilled)), 1);
  return rows;
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  const files = await Promise.all(paths.map((path) => stat(path)));
  return files.reduce((bytes, { size }) => bytes + size, 0);
}

/** Not asynchronous, so that nothing refers to the frames when it returns. */
function merge(
  table: Table,
  current: readonly string[],
  spilled: readonly string[],
  target: string,
): number {
  const frames = [
    ...current.map((path) => readParquet(path)),
    ...spilled.map((path) => pl.readIPC(path)),
  ];
  if (frames.length === 0) {
    return 0;
  }
  // A row of an append-only table is a row of silver.
  const key = table.primaryKey.length === 0 ? [...arrivalColumns] : [...table.primaryKey];
  const merged = pl
    .concat(frames, { how: "vertical" })
    .sort([...table.orderBy, ...arrivalColumns])
    .unique({ subset: key, keep: "last", maintainOrder: true })
    .sort(key)
    .rechunk();
  if (merged.height > 0) {
    writeParquet(merged, target);
  }
  return merged.height;
}
