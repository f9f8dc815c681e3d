/**
 * Our CSV: RFC 4180 with a header and `\n`. An empty string is quoted, null is nothing at all. Polars, DuckDB and Glue
 * are all given these.
 */

export const delimiter = ",";
/** Around a field that needs it; inside one it is doubled. */
export const quote = '"';
export const lineEnd = "\n";
/** What an unquoted null is. */
export const nullString = "";

/** For strftime, as both engines have it. */
export const dateFormat = "%Y-%m-%d";
/** @param fraction How the engine writes a dot and six digits of a second. */
export const timestampFormat = (fraction: string): string => `${dateFormat}T%H:%M:%S${fraction}Z`;

/** Longest line, bytes: longer than any row of silver or gold. DuckDB's default of 2 MB is less than one string may have. */
export const maximumLineBytes = 64 * 1024 * 1024;

/** The first line of a file. Names of columns need no quotes. */
export function header(columns: readonly string[]): string {
  return `${columns.join(delimiter)}${lineEnd}`;
}
