/**
 * Makes DuckDB's driver return strings unchanged. Its decoder drops a U+FEFF at the beginning of each string, because
 * there it could be a byte order mark: https://github.com/duckdb/duckdb-node-neo. Strings inside lists, structs and
 * variants go through the same decoder.
 */
import accessors from "@duckdb/node-api/lib/vectors/dataAccessors.js";

/** Replaces the driver's decoder. */
export function keepByteOrderMarks(): void {
  Object.assign(accessors, { textDecoder: new TextDecoder("utf-8", { ignoreBOM: true }) });
}
