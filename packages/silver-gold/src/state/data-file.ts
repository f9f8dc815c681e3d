/** The data files of a table: what its file list says of each of them. */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import * as z from "zod";

const columnStatistics = z.object({
  nulls: z.number().optional(),
  min: z.string().optional(),
  max: z.string().optional(),
  /** Compressed size in bytes. */
  bytes: z.number().optional(),
});

export const dataFileSchema = z.object({
  path: z.string(),
  partition: z.string(),
  rows: z.number(),
  bytes: z.number(),
  columns: z.record(z.string(), columnStatistics),
});

/** Data files by partition, in the order of their values. */
export function byPartition<F extends Pick<DataFile, "partition">>(
  files: readonly F[],
): ReadonlyMap<string, readonly F[]> {
  const groups = Map.groupBy(files, ({ partition }) => partition);
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}
