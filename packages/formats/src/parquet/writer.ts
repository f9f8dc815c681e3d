/** Writes frames to a Parquet file: each to a part, and all parts to one file at the end. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pl from "nodejs-polars";
import type { FrameWriter } from "../native-format.ts";

/** Rows in a row group, as DuckDB writes them. */
const rowGroupSize = 122_880;

/**
 * Plans the writing of a file; collecting the result writes it.
 *
 * Without statistics: Polars compares the bytes of a wide decimal without its sign when it merges the statistics of
 * pages, so a negative number can be outside them. Readers then skip rows that match (pola-rs/polars#29347).
 */
export function sink(rows: pl.LazyDataFrame, path: string): pl.LazyDataFrame {
  return rows.sinkParquet(path, { compression: "zstd", statistics: false, rowGroupSize });
}

export class ParquetWriter implements FrameWriter {
  readonly #path: string;
  readonly #parts: string[] = [];
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#path = join(directory, "rows.parquet");
  }

  async add(frame: pl.LazyDataFrame): Promise<void> {
    const part = join(this.#directory, `part-${this.#parts.length}.parquet`);
    this.#parts.push(part);
    (await frame.collect()).writeParquet(part);
  }

  async finish(): Promise<string> {
    const frames = this.#parts.map((part) => pl.scanParquet(part));
    await sink(pl.concat(frames), this.#path).collect();
    return this.#path;
  }

  async discard(): Promise<void> {
    await Promise.all([this.#path, ...this.#parts].map((path) => rm(path, { force: true })));
  }
}
