/** Keeps rows on local disk until they are merged, in small files by partition. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import pl from "nodejs-polars";
import { releaseFrames } from "./native-memory.ts";
import { partitionColumn } from "./silver-reader.ts";

/** The most frames in memory. Small frames take much more memory than their rows. */
const maximumFrames = 32;
/** The memory of frames read from CSV, relative to those read from binary files of the same size. */
const csvRatio = 5;

/** Collects frames, and writes them to disk by partition once there are enough rows. */
export class Spill {
  /** The files of each partition, by its value. */
  readonly files = new Map<string, string[]>();
  readonly #directory: string;
  readonly #maximumBytes: number;
  #frames: pl.DataFrame[] = [];
  #bytes = 0;

  /** @param maximumBytes The most bytes of CSV to hold in memory. */
  constructor(directory: string, maximumBytes: number) {
    this.#directory = directory;
    this.#maximumBytes = maximumBytes;
  }

  /**
   * Adds rows.
   *
   * @param bytes Their size as CSV.
   * @param only Keeps only rows of these partitions.
   * @returns The partitions of all rows, including those that are not kept.
   */
  async add(frame: pl.DataFrame, bytes: number, only?: ReadonlySet<string>): Promise<string[]> {
    const values = frame.getColumn(partitionColumn).unique().toArray().map(String);
    const wanted =
      only === undefined || values.every((value) => only.has(value))
        ? frame
        : frame.filter(pl.col(partitionColumn).isIn([...only]));
    if (wanted.height > 0) {
      this.#frames.push(wanted);
      this.#bytes += bytes;
    }
    if (this.#bytes >= this.#maximumBytes || this.#frames.length >= maximumFrames) {
      await this.flush();
    }
    return values;
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
    const all = pl.concat(this.#frames, { how: "vertical", rechunk: false });
    for (const part of all.partitionBy([partitionColumn], false, true)) {
      const value = String(part.getColumn(partitionColumn).get(0));
      const path = join(this.#directory, `${randomUUID()}.ipc`);
      // Polars reads a compressed file into memory instead of mapping it, so that any system can remove the file.
      part.drop(partitionColumn).writeIPC(path, { compression: "lz4" });
      this.files.set(value, [...(this.files.get(value) ?? []), path]);
    }
    this.#frames = [];
    this.#bytes = 0;
  }
}
