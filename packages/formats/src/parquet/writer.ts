/** Writes frames to a Parquet file: each to a part, and all parts to one file at the end. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import pl from "nodejs-polars";
import type { FrameWriter } from "../native-format.ts";

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
    await pl.concat(frames).sinkParquet(this.#path, { compression: "zstd" }).collect();
    return this.#path;
  }

  async discard(): Promise<void> {
    await Promise.all([this.#path, ...this.#parts].map((path) => rm(path, { force: true })));
  }
}
