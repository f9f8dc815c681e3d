/** Writes frames to a CSV file in the background. */
import { createHash } from "node:crypto";
import {
  closeSync,
  fdatasync,
  fstatSync,
  openSync,
  readSync,
  write as writeFile,
  writeSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type pl from "nodejs-polars";
import type { FrameWriter, WrittenFile } from "../native-format.ts";
import { delimiter, header, lineEnd, nullString, quote, timestampFormat } from "./dialect.ts";

/** Our dialect for Polars. The header is written once for all frames. */
const csvOptions = {
  includeHeader: false,
  separator: delimiter,
  quoteChar: quote,
  lineTerminator: lineEnd,
  nullValue: nullString,
  // `dateFormat` is the default for dates. Naming it makes writing 50 % slower.
  datetimeFormat: timestampFormat("%.6f"),
};

/** How many frames may wait to be written. Each holds a few megabytes. */
const waitingFrames = 4;

/** How many bytes are flushed at once. */
const flushedBytes = 8 * 1024 * 1024;

const write = promisify(writeFile);
const synchronize = promisify(fdatasync);

export class CsvWriter implements FrameWriter {
  readonly #path: string;
  readonly #file: number;
  readonly #hash = createHash("sha256");
  /** The part that is being copied into the file. One buffer for all parts saves garbage collections. */
  #buffer = Buffer.alloc(0);
  #frames = 0;
  /** Frames that are not in the file yet, oldest first. */
  readonly #waiting: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #open = true;

  /** How many bytes are not on disk, and the flush of those before. */
  #unflushed = 0;
  #flush: Promise<void> = Promise.resolve();

  readonly #directory: string;
  readonly #flushes: boolean;

  constructor(columns: readonly string[], directory: string, flushes: boolean) {
    this.#directory = directory;
    this.#flushes = flushes;
    this.#path = join(directory, "rows.csv");
    this.#file = openSync(this.#path, "wx");
    const head = header(columns);
    writeSync(this.#file, head);
    this.#hash.update(head);
  }

  async add(frame: pl.LazyDataFrame): Promise<void> {
    if (this.#waiting.length === waitingFrames) {
      await this.#waiting.shift();
    }
    // As many names as there can be frames in flight. A part is overwritten once it is in the file.
    const part = join(this.#directory, `part-${this.#frames++ % (waitingFrames + 1)}.csv`);
    this.#last = this.#write(frame, part, this.#last);
    // A failure is reported where the promise is awaited. Until then it must not count as unhandled.
    this.#last.catch(() => {});
    this.#waiting.push(this.#last);
  }

  /** Polars writes the part on its own threads while the next block is decoded. */
  async #write(frame: pl.LazyDataFrame, part: string, before: Promise<void>): Promise<void> {
    await frame.sinkCSV(part, csvOptions).collect();
    await before;
    const size = this.#read(part);
    this.#hash.update(this.#buffer.subarray(0, size));
    for (let at = 0; at < size; ) {
      const { bytesWritten } = await write(this.#file, this.#buffer, at, size - at);
      at += bytesWritten;
    }
    this.#unflushed += size;
    if (this.#flushes && this.#unflushed >= flushedBytes) {
      await this.#startFlush();
    }
  }

  /** Waits for the last flush and starts the next, which the disk does while later rows are decoded. */
  async #startFlush(): Promise<void> {
    await this.#flush;
    this.#unflushed = 0;
    this.#flush = synchronize(this.#file);
    this.#flush.catch(() => {});
  }

  /** Reads a part synchronously: it is small and still cached, so a callback would cost more. @returns Its size. */
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

  async finish(): Promise<WrittenFile> {
    await this.#last;
    await this.#flush;
    this.#close();
    return { path: this.#path, sha256: this.#hash.digest("hex") };
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.#waiting);
    await Promise.allSettled([this.#flush]);
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
