/** Keeps new rows on local disk until they are merged. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeParquet } from "@lakehouse/formats/parquet/native";
import pl from "nodejs-polars";
import { releaseFrames } from "./native-memory.ts";

/** The most frames in memory. Small frames take much more memory than their rows. */
const maximumFrames = 32;
/** The memory of frames read from CSV, relative to those read from binary files of the same size. */
const csvRatio = 5;

/** A Parquet file with new rows. */
export interface RowsFile {
  readonly path: string;
  /** A file with the same rows, of which it has the deciding columns only. */
  readonly deciding?: string;
}

/** Collects frames, and writes them to Parquet files once there are enough rows. */
export class NewRows {
  readonly files: RowsFile[] = [];
  readonly #directory: string;
  readonly #maximumBytes: number;
  readonly #deciding: readonly string[] | undefined;
  #frames: pl.DataFrame[] = [];
  #bytes = 0;

  /**
   * @param maximumBytes The most bytes of CSV to hold in memory.
   * @param deciding The columns of second files; undefined if there are none.
   */
  constructor(directory: string, maximumBytes: number, deciding?: readonly string[]) {
    this.#directory = directory;
    this.#maximumBytes = maximumBytes;
    this.#deciding = deciding;
  }

  /**
   * Adds rows.
   *
   * @param bytes Their size as CSV.
   */
  async add(frame: pl.DataFrame, bytes: number): Promise<void> {
    if (frame.height > 0) {
      this.#frames.push(frame);
      this.#bytes += bytes;
    }
    if (this.#bytes >= this.#maximumBytes || this.#frames.length >= maximumFrames) {
      await this.flush();
    }
  }

  /** Writes what is still in memory. */
  async flush(): Promise<void> {
    if (this.#frames.length === 0) {
      return;
    }
    const [bytes, frames] = [this.#bytes, this.#frames.length];
    this.#write();
    await releaseFrames(bytes * csvRatio, frames);
  }

  /** Synchronous, so that other readers can't add frames meanwhile. */
  #write(): void {
    mkdirSync(this.#directory, { recursive: true });
    const rows = pl.concat(this.#frames, { how: "vertical", rechunk: false });
    const write = (frame: pl.DataFrame): string => {
      const path = join(this.#directory, `${randomUUID()}.parquet`);
      writeParquet(frame, path);
      return path;
    };
    this.files.push({
      path: write(rows),
      ...(this.#deciding && { deciding: write(rows.select(...this.#deciding)) }),
    });
    this.#frames = [];
    this.#bytes = 0;
  }
}
