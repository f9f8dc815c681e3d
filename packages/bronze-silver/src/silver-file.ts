/** A silver file on its way: frames in, one object out, in the format that the contract names. */
import { closeSync, fstatSync, openSync, readSync, write as writeFile, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";

/** Takes the frames of one silver file; they are written in the background, in order. */
export interface SilverFile {
  /** Adds rows; returns once few enough frames wait to be written. */
  add(frame: pl.LazyDataFrame): Promise<void>;
  /** Writes the object, once all frames are in it. */
  commit(store: ObjectStore, key: string, metadata: Record<string, string>): Promise<void>;
  /** Forgets it. */
  discard(): Promise<void>;
}

/** Opens the file of a table, with its temporary files in `directory`. */
export function openSilverFile(table: Table, directory: string): SilverFile {
  return table.format.silver === "csv" ? new CsvFile(table, directory) : new ParquetFile(directory);
}

/** How our CSV differs from Polars' defaults: moments in UTC, with microseconds. */
const csvOptions = { includeHeader: false, datetimeFormat: "%Y-%m-%dT%H:%M:%S%.6fZ" };

/** Frames that may wait to be written; each holds some megabytes. */
const waitingFrames = 4;

const write = promisify(writeFile);

class CsvFile implements SilverFile {
  readonly #path: string;
  readonly #file: number;
  /** A part on its way into the file; used again for each, since what is thrown away costs a collection. */
  #buffer = Buffer.alloc(0);
  #frames = 0;
  /** The frames that are not yet in the file, oldest first. */
  readonly #waiting: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #open = true;

  readonly #directory: string;

  constructor(table: Table, directory: string) {
    this.#directory = directory;
    this.#path = join(directory, "silver.csv");
    this.#file = openSync(this.#path, "wx");
    writeSync(this.#file, `${table.columns.map(({ name }) => name).join(",")}\n`);
  }

  async add(frame: pl.LazyDataFrame): Promise<void> {
    if (this.#waiting.length === waitingFrames) {
      await this.#waiting.shift();
    }
    // As many names as frames can be under way: each is written over once its frame is in the file.
    const part = join(this.#directory, `part-${this.#frames++ % (waitingFrames + 1)}.csv`);
    this.#last = this.#write(frame, part, this.#last);
    // A failure is seen where the promise is awaited; until then it must not count as unhandled.
    this.#last.catch(() => {});
    this.#waiting.push(this.#last);
  }

  /** Polars makes the part on threads of its own, while the next block is decoded. */
  async #write(frame: pl.LazyDataFrame, part: string, before: Promise<void>): Promise<void> {
    await frame.sinkCSV(part, csvOptions).collect();
    await before;
    const size = this.#read(part);
    for (let at = 0; at < size; ) {
      const { bytesWritten } = await write(this.#file, this.#buffer, at, size - at);
      at += bytesWritten;
    }
  }

  /** Small and just written: reading it at once costs less than waiting for a turn. @returns Its size. */
  #read(part: string): number {
    const file = openSync(part, "r");
    try {
      const { size } = fstatSync(file);
      if (size > this.#buffer.length) {
        this.#buffer = Buffer.allocUnsafeSlow(size + size / 4);
      }
      for (let at = 0; at < size; ) {
        at += readSync(file, this.#buffer, at, size - at, null);
      }
      return size;
    } finally {
      closeSync(file);
    }
  }

  async commit(store: ObjectStore, key: string, metadata: Record<string, string>): Promise<void> {
    await this.#last;
    this.#close();
    await store.put(key, { path: this.#path }, { metadata });
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#waiting);
    this.#close();
    await rm(this.#path, { force: true });
  }

  #close(): void {
    if (this.#open) {
      closeSync(this.#file);
    }
    this.#open = false;
  }
}

class ParquetFile implements SilverFile {
  readonly #parts: string[] = [];

  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async add(frame: pl.LazyDataFrame): Promise<void> {
    const part = join(this.#directory, `part-${this.#parts.length}.parquet`);
    this.#parts.push(part);
    (await frame.collect()).writeParquet(part);
  }

  async commit(store: ObjectStore, key: string, metadata: Record<string, string>): Promise<void> {
    const path = join(this.#directory, "silver.parquet");
    const frames = this.#parts.map((part) => pl.scanParquet(part));
    await pl.concat(frames).sinkParquet(path, { compression: "zstd" }).collect();
    await store.put(key, { path }, { metadata });
  }

  async discard(): Promise<void> {
    await Promise.all(this.#parts.map((part) => rm(part, { force: true })));
  }
}
