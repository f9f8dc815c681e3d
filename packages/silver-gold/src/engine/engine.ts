/** The interface of an engine, which runs the SQL of models, checks and users. One folder implements it. */

import type { FileColumn } from "@lakehouse/formats/column";
import type { FormatName } from "@lakehouse/formats/formats";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import type { ColumnType } from "@lakehouse/transforms/types/types";

/** How to open an engine. */
export interface EngineOptions {
  /** A folder on local disk to spill to. SQL may use its files. The caller removes it. */
  readonly directory: string;
  /** More folders whose files SQL may use. Everything else is closed to it: files, networks and extensions. */
  readonly folders?: readonly string[];
  /** More files that SQL may use. */
  readonly files?: readonly string[];
  /** The memory that it may use, in MiB. It spills the rest. Default: the engine's own limit. */
  readonly memoryLimitMib?: number;
  /** The number of sessions. Default 1. */
  readonly sessions?: number;
  /** The number of threads of a query. Default: one for each core. */
  readonly threads?: number;
  /** Whether a query over the same rows always gives the same bytes. It then runs on one thread. Default false. */
  readonly reproducible?: boolean;
  /** Ends all running queries when aborted. */
  readonly signal?: AbortSignal;
}

/** An open engine. Dispose of it to close it. No session may be in use then. */
export interface Engine extends Disposable {
  /** The engine's name in messages: `DuckDB`. */
  readonly name: string;
  /** The name of a column type in the engine's SQL. */
  typeName(type: ColumnType): string;
  /** Finds what a query reads, without running it. */
  dependencies(sql: string): Promise<Dependencies>;
  /**
   * Returns a query that runs for many partitions at once. Its last column is `partitionNumber`. Undefined if it is not
   * certain that each partition gets the same rows, to the byte, as from the given query alone.
   */
  forPartitions(query: DividedQuery): Promise<string | undefined>;
  /** Lends a session as soon as one is free. Dispose of it to give it back. */
  session(): Promise<Session>;
  /**
   * Merges rows into the data files of a table, so that one row of each key is left. The memory limit holds for tables of
   * any size, and the same input gives the same files. No other merge may run meanwhile.
   */
  mergeFiles(input: MergeInput): Promise<MergeOutput>;
  /**
   * Decides a merge whose files others write. It only looks at the columns that decide what becomes of new rows. What it returns does
   * not depend on the number of threads. No other merge may run meanwhile.
   *
   * @param mostRows About how many rows a job writes.
   */
  decideMerge(input: MergeInput, mostRows: number): Promise<MergeDecision>;
  /**
   * Writes data files of a merge that another engine decided.
   *
   * @returns For each unit its files, with local paths: those that the other engine would have written.
   */
  writeUnits(input: WriteInput): Promise<readonly (readonly DataFile[])[]>;
}

/** A query that runs for each partition of something that it reads. */
export interface DividedQuery {
  readonly sql: string;
  /** What it reads, by names in lower case. */
  readonly reads: readonly {
    readonly name: string;
    readonly columns: readonly FileColumn[];
    /** Whether the query sees one partition of it at a time. */
    readonly isDivided: boolean;
    /** The columns that no two rows have in common; none if that is not known. */
    readonly primaryKey: readonly string[];
  }[];
}

/** The column that numbers the partition of a row. */
export const partitionNumber = "__partition_number";

/** The rows of a table, and those to merge into them. */
export interface MergeInput {
  readonly table: Pick<
    Table,
    "columns" | "primaryKey" | "partitionBy" | "orderBy" | "deleteWhen" | "keysNeverMove"
  >;
  /** The ids of its columns in new files. */
  readonly fieldIds: Readonly<Record<string, number>>;
  /**
   * Local Parquet files with rows to merge: the table's columns and `arrivalColumns`. If rows may delete their key, the
   * tombstones of earlier merges are among them.
   */
  readonly added: readonly string[];
  /** The data files so far. They have one row of each key. */
  readonly base: readonly DataFile[];
  /** Returns the local copy of a file of `base`. */
  readonly open: (file: DataFile) => Promise<string>;
  /** Returns the Bloom filter of a file's keys, which an earlier merge made; undefined if there is none. */
  readonly filter?: (file: DataFile) => Promise<Uint8Array | undefined>;
  /** How many files are opened at once. */
  readonly concurrency: number;
  /** The most rows of a new file. Default: some 1 M. */
  readonly mostRows?: number;
  /** A new folder for new files. Every SQL of the engine must be able to use it. */
  readonly directory: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A merge whose files are still to be written. */
export interface MergeDecision extends Pick<MergeOutput, "removed" | "moves" | "filters"> {
  readonly jobs: readonly WriteJob[];
  /** The number of rows of all new files, without those of deleted rows. */
  readonly rows: number;
}

/** Some files of a merge to write. */
export interface WriteJob {
  readonly units: readonly WriteUnit[];
  /** The places in `added` of the files that have the rows. */
  readonly added: readonly number[];
  /** A local Parquet file that says which rows they are: `__unit`, `__file` and `__row`. */
  readonly rows: string;
  /** A local Parquet file with the keys of rows that are replaced, by `__unit`; undefined if there are none. */
  readonly keys: string | undefined;
}

/** Files that one statement writes. */
export interface WriteUnit {
  /** Files of `base` whose rows are written again. A file of many rows is the only one, and is copied. */
  readonly files: readonly DataFile[];
  readonly isCopy: boolean;
  /** The first and the last partition. All are neighbours. */
  readonly first: string;
  readonly last: string;
  /** The number of rows, at most. */
  readonly rows: number;
  /** Whether other units of the merge are copies. */
  readonly hasCopies: boolean;
  /** Whether the rows are a part of the new rows of a large partition. */
  readonly isRange: boolean;
  /** Whether the rows are the latest of deleted keys. */
  readonly isDeleted: boolean;
  /** The place of its first row among all new rows. How rows are grouped in a file depends on it. */
  readonly start: number;
}

/** A job with the local paths of what it reads. */
export interface WriteInput
  extends Pick<MergeInput, "table" | "fieldIds" | "mostRows" | "directory" | "open">,
    Omit<WriteJob, "added"> {
  /** The local files that have the rows, by their places in `added`. */
  readonly added: ReadonlyMap<number, string>;
}

/** How a merge changes the data files. */
export interface MergeOutput {
  /** Files of `base` that others replace. */
  readonly removed: readonly DataFile[];
  /** New files. Their paths are local. */
  readonly written: readonly DataFile[];
  /** Files with the latest rows of all deleted keys. Their paths are local. */
  readonly tombstones: readonly DataFile[];
  /** New files with some or all keys of a file of `base`, which has been copied with other values. */
  readonly copies: ReadonlyMap<DataFile, DataFile>;
  /** Pairs of partitions between which keys have moved, each once. */
  readonly moves: readonly (readonly [string, string])[];
  /** The Bloom filters of files that had none, and were read although they have no key of the new rows. */
  readonly filters: ReadonlyMap<DataFile, Uint8Array>;
}

/** Columns of current rows that are not in the contract. They order the rows of a key, and the latest wins. */
export const arrivalColumns = ["_arrival", "_object", "_row"] as const;

/** A connection with its own views. All methods throw EngineErrors. */
export interface Session extends Disposable {
  /** Creates or replaces a view. */
  define(name: string, view: View): Promise<void>;
  /** Keeps the rows of a query, in their order, under this name. Rows that do not fit in memory are spilled. */
  keep(name: string, sql: string): Promise<void>;
  /** Returns the columns of one reading statement, without running it. */
  describe(sql: string): Promise<readonly ResultColumn[]>;
  /** Finds mistakes in one reading statement, as far as they can be found without rows. */
  validate(sql: string): Promise<void>;
  /**
   * Writes all rows of a view to a file, sorted by all columns. Returns the number of rows.
   *
   * @param columns The columns of the view.
   * @throws UnstorableValueError if a value would not be read back unchanged.
   */
  copy(
    view: string,
    path: string,
    format: FileFormat,
    columns: readonly FileColumn[],
  ): Promise<number>;
  /**
   * Writes all rows of a view to data files of an open table, sorted by all columns. No two have the same content.
   *
   * @param directory A new folder.
   * @param fieldIds The ids of its columns in the files.
   * @param mostRows The most rows of a file. Default: a million.
   * @returns The files with their local paths, in order. None if there are no rows.
   * @throws UnstorableValueError like `copy`.
   */
  copyDataFiles(
    view: string,
    directory: string,
    columns: readonly ModelColumn[],
    fieldIds: MergeInput["fieldIds"],
    mostRows?: number,
  ): Promise<readonly Omit<DataFile, "partition">[]>;
  /**
   * Writes the rows of a view to a file for each partition, with the bytes that `copy` and `copyDataFiles` write for that
   * partition alone. Partitions with many rows are left out, and their numbers returned.
   *
   * @param view Has `partitionNumber` as its last column.
   * @param target The format, or the ids of the columns of data files.
   * @param directory A new folder.
   */
  copyPartitions(
    view: string,
    directory: string,
    columns: readonly ModelColumn[],
    target: FileFormat | MergeInput["fieldIds"],
  ): Promise<{ readonly files: readonly PartitionFile[]; readonly large: ReadonlySet<number> }>;
  /** Writes all rows of a view to a new database of the engine, as a table of the same name. Returns the number of rows. */
  copyToDatabase(view: string, path: string): Promise<number>;
  /** Returns the rows of a query with few rows. Decimals and whole numbers of 64 bits or more are strings. */
  rows(sql: string): Promise<readonly Readonly<Record<string, JsonValue>>[]>;
  /** Runs one reading statement with any number of rows, and rounds no value. */
  stream(sql: string): Promise<ResultStream>;
  /** Returns the Parquet files whose statistics contradict their rows, so that filters miss rows. */
  falseStatistics(files: readonly string[]): Promise<readonly string[]>;
}

/** The file of one partition. */
export interface PartitionFile extends Omit<DataFile, "partition"> {
  readonly partition: number;
}

/** The rows of a view. Files are local paths. */
export type View = FileView | SilverView | QueryView;

/** Files with exactly these columns. */
export interface FileView {
  readonly kind: "files";
  readonly columns: readonly FileColumn[];
  readonly format: FormatName;
  readonly files: readonly string[];
  /** The number of each file's partition. The view then has the column `partitionNumber`. */
  readonly partitions?: readonly number[];
  /** Whether several queries may read it, so that the engine may keep its rows. The files must not change then. */
  readonly isShared?: boolean;
}

/** Silver files in any format, also of older contracts. Columns are matched by name, and missing ones are null. */
export interface SilverView {
  readonly kind: "silver";
  readonly columns: readonly FileColumn[];
  readonly files: readonly string[];
}

/** One SELECT statement. */
export interface QueryView {
  readonly kind: "query";
  readonly sql: string;
}

/** What a query reads. */
export interface Dependencies {
  /** Tables and models that it reads, in lower case and sorted; undefined if the engine's parser can't tell. */
  readonly names: readonly string[] | undefined;
  /** Why it can't be the query of a model or a check; undefined if it can. */
  readonly refusal: Refusal | undefined;
}

/** Why a query is refused, and what to write instead. */
export interface Refusal {
  /** Continues "in its query, …". */
  readonly problem: string;
  readonly hint: string;
  /** The index of the character in the SQL, where the parser says it. */
  readonly position?: number;
}

/** A column of a result. */
export interface ResultColumn {
  readonly name: string;
  /** In the engine's SQL, as written by `typeName`. */
  readonly type: string;
}

/**
 * A result whose rows arrive while the query runs.
 *
 * Whole numbers that a double can't hold exactly, and decimals, are strings. Timestamps are in UTC, as in silver.
 */
export interface ResultStream {
  readonly columns: readonly ResultColumn[];
  /** Batches of rows. */
  readonly batches: AsyncIterable<readonly (readonly JsonValue[])[]>;
}

/** A value of a result as JSON. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * The cause of an engine's error:
 *
 * - `statement`: it is not one reading statement.
 * - `outside`: it reads something that is closed to SQL. The summary is its name.
 * - `sql`: the engine can't understand the SQL, or a value doesn't fit.
 * - `other`: a file, memory or the disk.
 */
export type EngineFault = "statement" | "outside" | "sql" | "other";

/** An engine failed. The message may contain records. */
export class EngineError extends Error {
  override readonly name = "EngineError";

  readonly engine: string;
  readonly fault: EngineFault;
  readonly summary: string;

  /**
   * @param engine The engine's name.
   * @param message The engine's message.
   * @param summary The message without the excerpt from the SQL.
   */
  constructor(
    engine: string,
    fault: EngineFault,
    message: string,
    summary: string = message,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.engine = engine;
    this.fault = fault;
    this.summary = summary;
  }
}

/** A value that a file can't hold. */
export class UnstorableValueError extends Error {
  override readonly name = "UnstorableValueError";

  readonly column: string | undefined;
  readonly possible: string;
  readonly rows: number;
  readonly sample: Readonly<Record<string, JsonValue>>;

  /**
   * @param column Its column; undefined if the whole row does not fit.
   * @param possible What a file can hold: `dates from … to …`.
   * @param rows The number of rows with such a value.
   * @param sample One of them, with its values as strings, which may be cut. It contains a record.
   */
  constructor(
    column: string | undefined,
    possible: string,
    rows: number,
    sample: Readonly<Record<string, JsonValue>>,
    options?: ErrorOptions,
  ) {
    super("The file can't hold this value.", options);
    this.column = column;
    this.possible = possible;
    this.rows = rows;
    this.sample = sample;
  }
}

/**
 * Returns the candidates that a query may read: never too few, and too many only if the engine's parser can't tell.
 */
export async function mayRead(
  engine: Engine,
  sql: string,
  candidates: readonly string[],
): Promise<Set<string>> {
  const { names } = await engine.dependencies(sql);
  const isRead = (name: string) =>
    names === undefined ? new RegExp(`\\b${name}\\b`, "i").test(sql) : names.includes(name);
  return new Set(candidates.filter(isRead));
}
