/** The data files of a table: what its file list says of each of them. */
import { z } from "zod";

const columnStatistics = z.object({
  nulls: z.number(),
  min: z.string().optional(),
  max: z.string().optional(),
  /** Compressed size in bytes. */
  bytes: z.number().optional(),
});

/**
 * Exact statistics of a column in a file. Bounds are in the canonical text of the column's type. A missing bound is
 * unknown.
 */
export type ColumnStatistics = Readonly<z.infer<typeof columnStatistics>>;

export const dataFileSchema = z.object({
  path: z.string(),
  partition: z.string(),
  rows: z.number(),
  bytes: z.number(),
  columns: z.record(z.string(), columnStatistics),
});

/** A Parquet file with current rows of one partition. */
export interface DataFile {
  /** Relative to the table's folder. */
  readonly path: string;
  /** The partition's value; "" if the table is not partitioned. */
  readonly partition: string;
  readonly rows: number;
  readonly bytes: number;
  /** By column name. A column that is missing has only nulls, because it was added later. */
  readonly columns: Readonly<Record<string, ColumnStatistics>>;
}

/** Data files by partition, in the order of their values. */
export function byPartition<F extends Pick<DataFile, "partition">>(
  files: readonly F[],
): ReadonlyMap<string, readonly F[]> {
  const groups = Map.groupBy(files, ({ partition }) => partition);
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}
