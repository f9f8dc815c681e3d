/** Lists and columns as DuckDB's SQL. */
import { duckDbType, type FileColumn } from "./column.ts";
import { identifier, literal } from "./sql-text.ts";

/** A list of strings. */
export function list(strings: readonly string[]): string {
  return `[${strings.map(literal).join(", ")}]`;
}

/** DuckDB takes the path of a file to read for a pattern. This is the pattern that finds just that file. */
export function pathPattern(path: string): string {
  return path.replaceAll(/[*?[]/g, "[$&]");
}

/** The path of a file to read, as a string. */
export function filePath(path: string): string {
  return literal(pathPattern(path));
}

/** The paths of files to read, as a list. */
export function filePaths(paths: readonly string[]): string {
  return `[${paths.map(filePath).join(", ")}]`;
}

/** Whether DuckDB may have met a line that is too long for `LineLength`. @param message Its error. */
export function isLineTooLong(message: string): boolean {
  // Of a line that is several times too long, it says that a quote is not closed.
  const patterns = [
    /Maximum line size of \d+ bytes exceeded|CSV Error on Line/i,
    /"?maximum_object_size"? of \d+ bytes exceeded/i,
  ];
  return patterns.some((pattern) => pattern.test(message));
}

/** The columns as a list of casts: `cast("a" as BIGINT) as "a"`. */
export function castColumns(columns: readonly FileColumn[]): string {
  return columns
    .map(
      ({ name, type }) => `cast(${identifier(name)} as ${duckDbType(type)}) as ${identifier(name)}`,
    )
    .join(", ");
}

/** A query with these columns that returns no rows. */
export function emptyQuery(columns: readonly FileColumn[]): string {
  const nulls = columns.map(
    ({ name, type }) => `cast(null as ${duckDbType(type)}) as ${identifier(name)}`,
  );
  return `select ${nulls.join(", ")} limit 0`;
}
