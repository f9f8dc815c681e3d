/** A finished contract. `defineTable` returns it, and everything else reads it. */
import type { RowCountCheck } from "../model/check.ts";
import type { ColumnSpec } from "./column.ts";
import type { ComputedNode } from "./computed.ts";
import type { ConditionNode } from "./condition.ts";
import type { Expectation } from "./expectation.ts";
import type { Partitioning } from "./partition.ts";
import type { Path } from "./path.ts";
import type { Source } from "./source.ts";

/** How a layer's files are written. */
export type FileFormat = "csv" | "parquet";

/** How a model is kept: in files of a format, or as an open table (Delta, Iceberg) with versions. */
export type ModelFormat = FileFormat | "table";

/** The formats of models. */
export const modelFormats = ["csv", "parquet", "table"] as const satisfies readonly ModelFormat[];

/** The default format. */
export const defaultFormat = "csv" satisfies FileFormat;

/** What happens to a record with a top-level key that no column reads. */
export type UnknownColumns = "ignore" | "quarantine";

/** A column of a finished contract. */
export interface TableColumn extends ColumnSpec {
  readonly name: string;
  /** Empty if the column is computed. */
  readonly path: Path;
  /** What it is computed from. Absent if it is read from the record. */
  readonly computed?: ComputedNode;
  /**
   * How the elements of an array become rows of the table with the column's name. The column holds them as JSON: a list of
   * objects, with each value as its canonical text.
   */
  readonly child?: Child;
}

/** The elements of an array, which are rows of a table of their own. */
export interface Child {
  /** What silver has of an element, without the columns of the parent. */
  readonly columns: readonly TableColumn[];
  /** What elements have. Undefined if no column is personal. */
  readonly recordColumns?: readonly TableColumn[] | undefined;
  /** Identifies an element in its array. Empty if its position does. */
  readonly primaryKey: readonly string[];
  readonly unknownColumns: UnknownColumns;
  readonly expectations: readonly Expectation[];
}

/** The paths of a column, in the order in which they are tried. */
export function pathsOfColumn({ path, orPaths }: Pick<TableColumn, "path" | "orPaths">): Path[] {
  return [path, ...(orPaths ?? [])];
}

/** A finished, validated contract. */
export interface Table {
  readonly name: string;
  readonly description: string;
  /** What silver and everything after it have. */
  readonly columns: readonly TableColumn[];
  /** What records have, before personal data is hashed, masked or dropped. Undefined if no column is personal. */
  readonly recordColumns?: readonly TableColumn[] | undefined;
  /** The columns that identify a row. Empty in an append-only table: each of its silver rows is a current row. */
  readonly primaryKey: readonly string[];
  /** Undefined if its current rows have one partition, whose value is `""`. */
  readonly partitionBy: Partitioning | undefined;
  /** The columns that decide which row of a key is current, before the arrival does. */
  readonly orderBy: readonly string[];
  /** A row that fulfils it removes its key, and is no current row itself. Null does not. */
  readonly deleteWhen: ConditionNode | undefined;
  /** Whether all rows of a key are in one partition. A merge then looks for a key in its new row's partition only. */
  readonly keysNeverMove: boolean;
  readonly unknownColumns: UnknownColumns;
  /** The array in each value of an object that holds the records. Undefined if each value is a record. */
  readonly unwrap: Path | undefined;
  /** How objects are written. Undefined if they are JSON. */
  readonly source: Source | undefined;
  readonly expectations: readonly Expectation[];
  /** Checks of its current rows. */
  readonly checks: readonly RowCountCheck[];
  readonly format: { readonly silver: FileFormat; readonly gold: ModelFormat };
  /** Changes when the contract turns the same bronze into different silver. */
  readonly silverFingerprint: string;
  /** The fingerprint that receipts had while the order of definition still counted. */
  readonly earlierFingerprint: string;
  /** Changes when the contract turns the same silver into different current rows. */
  readonly currentFingerprint: string;
}
