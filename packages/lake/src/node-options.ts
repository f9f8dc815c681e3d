/** The options that both functions start Node with, because they can't be set from inside it. */

/**
 * The value of NODE_OPTIONS. By default, V8's space for new objects grows to three times 32 MiB, and Lambda may raise
 * that in a large function. An object with many refused records would use a hundred MiB of it, and be no faster.
 * `pnpm bench` measures both functions with this value.
 */
export const nodeOptions = "--max-semi-space-size=8";

/**
 * The variables of gold's allocators of memory, which read them when the process starts. DuckDB's keeps freed memory for
 * each of Node's threads by default, which doubles what a sort takes. The C library's, which Polars uses, keeps large blocks.
 */
export const allocatorVariables = {
  DUCKDB_JE_MALLOC_CONF: "narenas:1,background_thread:true",
  MALLOC_MMAP_THRESHOLD_: "1048576",
  MALLOC_TRIM_THRESHOLD_: "1048576",
} as const;
