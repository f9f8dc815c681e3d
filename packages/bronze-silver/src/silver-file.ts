/** A silver file on its way: frames in, one object out, in the format that the contract names. */
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StagedWriter } from "@lakehouse/lake/staged-writer";
import type { Table } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";

/** Takes the frames of one silver file; they are written in the background, in order. */
export interface SilverFile {
  /** Adds rows; returns once few enough frames wait to be written. */
  add(frame: pl.DataFrame): Promise<void>;
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

class CsvFile implements SilverFile {
  private readonly staged: StagedWriter;
  private frames = 0;
  /** The frames that are not yet in the file, oldest first. */
  private readonly waiting: Promise<void>[] = [];
  private last: Promise<void>;

  constructor(
    table: Table,
    private readonly directory: string,
  ) {
    this.staged = new StagedWriter(directory);
    const header = `${table.columns.map(({ name }) => name).join(",")}\n`;
    this.last = this.staged.write(Buffer.from(header));
  }

  async add(frame: pl.DataFrame): Promise<void> {
    if (this.waiting.length === waitingFrames) await this.waiting.shift();
    // As many names as frames can be under way: each is written over once its frame is in the file.
    const part = join(this.directory, `part-${this.frames++ % (waitingFrames + 1)}.csv`);
    this.last = this.write(frame, part, this.last);
    // A failure is seen where the promise is awaited; until then it must not count as unhandled.
    this.last.catch(() => {});
    this.waiting.push(this.last);
  }

  /** Polars makes the part on threads of its own, while the next block is decoded. */
  private async write(frame: pl.DataFrame, part: string, before: Promise<void>): Promise<void> {
    await frame.lazy().sinkCSV(part, csvOptions).collect();
    await before;
    // Small and just written: reading it at once costs less than waiting for a turn.
    await this.staged.write(readFileSync(part));
  }

  async commit(store: ObjectStore, key: string, metadata: Record<string, string>): Promise<void> {
    await this.last;
    await this.staged.commit(store, key, { metadata });
  }

  async discard(): Promise<void> {
    await Promise.allSettled(this.waiting);
    await this.staged.discard();
  }
}

class ParquetFile implements SilverFile {
  private readonly parts: string[] = [];

  constructor(private readonly directory: string) {}

  add(frame: pl.DataFrame): Promise<void> {
    const part = join(this.directory, `part-${this.parts.length}.parquet`);
    frame.writeParquet(part);
    this.parts.push(part);
    return Promise.resolve();
  }

  async commit(store: ObjectStore, key: string, metadata: Record<string, string>): Promise<void> {
    const path = join(this.directory, "silver.parquet");
    const frames = this.parts.map((part) => pl.scanParquet(part));
    await pl.concat(frames).sinkParquet(path, { compression: "zstd" }).collect();
    await store.put(key, { path }, { metadata });
  }

  async discard(): Promise<void> {
    await Promise.all(this.parts.map((part) => rm(part, { force: true })));
  }
}
