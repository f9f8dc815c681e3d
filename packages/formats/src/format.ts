/** The definition of a file format, except what needs native code. Each format's folder has one. */
import type { DuckDbValues } from "@lakehouse/transforms/types/type-definition";
import type { StringColumn } from "./athena-type.ts";
import type { FileColumn } from "./column.ts";

/** A file format. */
export interface Format {
  /** The end of its files' names, with the dot. */
  readonly extension: `.${string}`;
  /** What its files can't hold, or some readers can't read, one sentence each. */
  readonly limits: readonly string[];
  /** How DuckDB reads its files. */
  readonly duckDb: DuckDbReading;
  /** How Athena reads its files. */
  readonly glue: GlueDescription;
}

/** A format for silver, current rows and models. */
export interface TableFormat extends Format {
  readonly duckDb: DuckDbReading & DuckDbTables;
}

/**
 * How long a line may be. DuckDB reads CSV in blocks of that size, and holds several, beside a join that may fill the rest
 * of the memory. `any` (the default) reads every line that we write, with blocks of 64 MiB. `usual` (2 MiB) and `long`
 * (16 MiB) are for sessions with little memory. A longer line is then an error, which `isLineTooLong` recognizes.
 */
export type LineLength = "usual" | "long" | "any";

/** DuckDB's SQL for files with known columns. */
export interface DuckDbReading {
  /** Whether it parses text, which takes much longer than to read rows. */
  readonly isText: boolean;
  /**
   * Selects all rows of local files with exactly these columns. There is at least one file.
   *
   * @param more Further expressions to select.
   */
  scan(
    columns: readonly FileColumn[],
    files: readonly string[],
    lines?: LineLength,
    more?: readonly string[],
  ): string;
}

/** DuckDB's SQL for files of tables. */
export interface DuckDbTables {
  /** Selects all rows of local files whose columns may differ. The union of the results, by name, has all columns. */
  scanByName(
    columns: readonly FileColumn[],
    files: readonly string[],
    lines?: LineLength,
  ): Promise<readonly string[]>;
  /** SQL for the column as COPY writes it. */
  copied(column: FileColumn): string;
  /** Which values of a column a file can hold, if not all. */
  values?(column: FileColumn): DuckDbValues | undefined;
  /** Which rows a file can hold, if not all. */
  rows?(columns: readonly FileColumn[]): DuckDbValues | undefined;
  /** The options of COPY. */
  readonly copyOptions: string;
  /**
   * Cuts a small file that COPY has written into files with these numbers of rows, as COPY writes them alone. Absent if that
   * is not possible. It takes a fraction of the time of a COPY that divides rows.
   */
  cut?(path: string, parts: readonly { readonly path: string; readonly rows: number }[]): void;
}

/** The format's files as a table of the Glue catalog. */
export interface GlueDescription {
  /** How the files of a table with these columns are read. */
  reader(columns: readonly FileColumn[]): GlueReader;
  /** Parameters of the table. */
  readonly tableParameters: Readonly<Record<string, string>>;
  /** Present if Athena reads every column as a string. Then a view converts the columns to their types. */
  readonly strings?: AthenaStrings;
}

/** The Hadoop classes that read a format. */
export interface GlueReader {
  readonly inputFormat: string;
  readonly outputFormat: string;
  readonly serializationLibrary: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The view over a table of strings. */
export interface AthenaStrings {
  /** The end of the table's name. The view has the name without it. */
  readonly suffix: string;
  /** SQL for each column's value, in order. A string that is not a value of its type fails the query. */
  values(columns: readonly StringColumn[]): readonly string[];
  /** Further lines of the view's SELECT, after FROM. */
  clauses(columns: readonly FileColumn[]): readonly string[];
}
