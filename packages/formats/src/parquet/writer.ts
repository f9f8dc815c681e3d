/** Writes frames to a Parquet file: each to a part, and finally all parts to one file. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pl from "nodejs-polars";
import type { FrameWriter, WrittenFile } from "../native-format.ts";

/** Rows in a row group, as in files that DuckDB writes. */
const rowGroupSize = 122_880;

/**
 * Plans a write. Collecting the result writes the file.
 *
 * The file has no statistics. When Polars merges the statistics of pages, it compares the bytes of wide decimals
 * without their sign, so a negative number can be outside them. Readers then skip rows that match
 * (pola-rs/polars#29347).
 */
export function sink(
  rows: pl.LazyDataFrame,
  path: string,
  compression: "zstd" | "snappy" = "zstd",
): pl.LazyDataFrame {
  return rows.sinkParquet(path, { compression, statistics: false, rowGroupSize });
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

  async finish(): Promise<WrittenFile> {
    const frames = this.#parts.map((part) => pl.scanParquet(part, { glob: false }));
    await sink(pl.concat(frames), this.#path).collect();
    return { path: this.#path };
  }

  async discard(): Promise<void> {
    await Promise.all([this.#path, ...this.#parts].map((path) => rm(path, { force: true })));
  }
}
