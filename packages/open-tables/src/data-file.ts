/** The data files of open tables, and what is known about the values in them. */

/** A data file of an open table. */
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

/**
 * Exact statistics of a column in a file. Bounds are in the canonical text of the column's type. What is missing is
 * unknown.
 */
export interface ColumnStatistics {
  readonly nulls?: number | undefined;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  /** Compressed size in bytes. */
  readonly bytes?: number | undefined;
}
