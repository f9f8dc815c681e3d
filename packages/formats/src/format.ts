/** What a file format is: all of it that needs no native code. Each format's folder holds one. */
import type { FileColumn } from "./column.ts";

/** A file format. */
export interface Format {
  /** What the names of its files end with, with the dot. */
  readonly extension: `.${string}`;
  /** What its files can't hold, or some readers can't get out of them, a sentence each. */
  readonly limits: readonly string[];
  /** How DuckDB reads its files. */
  readonly duckDb: DuckDbReading;
  /** How Athena reads its files. */
  readonly glue: GlueDescription;
}

/** A format that silver, current rows and models can have. */
export interface TableFormat extends Format {
  readonly duckDb: DuckDbReading & DuckDbTables;
}

/** DuckDB's SQL for files with known columns. */
export interface DuckDbReading {
  /** Queries all rows of local files that have exactly these columns. There is at least one file. */
  scan(columns: readonly FileColumn[], files: readonly string[]): string;
}

/** DuckDB's SQL for files of tables. */
export interface DuckDbTables {
  /** Queries all rows of local files whose columns may differ. The union of the results, by name, has all columns. */
  scanByName(columns: readonly FileColumn[], files: readonly string[]): Promise<readonly string[]>;
  /** The options of COPY. */
  readonly copyOptions: string;
}

/** Its files as a table of the Glue catalog. */
export interface GlueDescription {
  readonly reader: GlueReader;
  /** Parameters of the table. */
  readonly tableParameters: Readonly<Record<string, string>>;
  /** Present where Athena reads every column as a string: a view then gives the columns their types. */
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
  /** What the name of the table ends with; the view has the name without it. */
  readonly suffix: string;
  /** SQL for the value of a column. A string that is not a value of its type fails the query. */
  value(column: FileColumn & { readonly nullable: boolean }): string;
  /** Further lines of the view's SELECT, after FROM. */
  clauses(columns: readonly FileColumn[]): readonly string[];
}
