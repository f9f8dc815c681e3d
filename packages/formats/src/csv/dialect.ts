/**
 * The CSV dialect: RFC 4180 with a header, and `\n` as the line end. An empty string is quoted, null is an empty field.
 * Polars, DuckDB and Glue all get their options from here.
 */

export const delimiter = ",";
/** Encloses a field that needs it. Inside a field it is doubled. */
export const quote = '"';
export const lineEnd = "\n";
/** No file contains it: contracts refuse it in strings, and `rows` (duckdb.ts) in models. */
export const absent = "\0";
/** How null is written, without quotes. */
export const nullString = "";

/** In the syntax of strftime, which both engines use. */
export const dateFormat = "%Y-%m-%d";
/** @param fraction The engine's specifier for a dot and the six digits of the microseconds. */
export const timestampFormat = (fraction: string): string => `${dateFormat}T%H:%M:%S${fraction}Z`;

/** The longest line, in bytes. No row of silver or gold is longer, but a string can exceed DuckDB's default of 2 MB. */
export const maximumLineBytes = 64 * 1024 * 1024;

/** How long a line is in all but strange files, and in all but the strangest. */
export const usualLineBytes = 2 * 1024 * 1024;
export const longLineBytes = 16 * 1024 * 1024;

/** The first line of a file. Column names need no quotes. */
export function header(columns: readonly string[]): string {
  return `${columns.join(delimiter)}${lineEnd}`;
}
