/**
 * The CSV dialect: RFC 4180 with a header, and `\n` as the line end. An empty string is quoted, null is an empty field.
 * Polars, DuckDB and Glue all get their options from here.
 */

export const delimiter = ",";
/** Around a field that needs it; inside one it is doubled. */
export const quote = '"';
export const lineEnd = "\n";
/** How null is written, without quotes. */
export const nullString = "";

/** In the syntax of strftime, which both engines use. */
export const dateFormat = "%Y-%m-%d";
/** @param fraction The engine's specifier for a dot and the six digits of the microseconds. */
export const timestampFormat = (fraction: string): string => `${dateFormat}T%H:%M:%S${fraction}Z`;

/** Longest line, bytes. No row of silver or gold is longer. DuckDB's default of 2 MB is less than one string can have. */
export const maximumLineBytes = 64 * 1024 * 1024;

/** The first line of a file. Names of columns need no quotes. */
export function header(columns: readonly string[]): string {
  return `${columns.join(delimiter)}${lineEnd}`;
}
