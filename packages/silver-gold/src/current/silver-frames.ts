/** Reads silver objects into Polars frames, piece by piece. */
import { rm } from "node:fs/promises";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import pl from "nodejs-polars";
import { csvChunks } from "./csv-chunks.ts";
import type { SilverObject } from "./silver-objects.ts";
import type { SilverReader } from "./silver-reader.ts";

/** Rows of one silver object: the contract's columns, `_arrival`, `_object`, `_row` and `_partition`. */
export interface SilverFrame {
  readonly frame: pl.DataFrame;
  /** How much CSV it was, or would be. */
  readonly bytes: number;
}

/** Rows of a Parquet file that are read at once. */
const rowsPerFrame = 50_000;

/**
 * Reads one silver object.
 *
 * @param chunkBytes How much CSV becomes one frame.
 * @param directory For a copy of a Parquet file, where the store is not a directory.
 * @throws SilverObjectError when the object does not hold what the contract says.
 */
export async function* silverFrames(
  silver: ObjectStore,
  object: SilverObject,
  reader: SilverReader,
  chunkBytes: number,
  directory: string,
): AsyncGenerator<SilverFrame> {
  if (object.format === "csv") {
    let row = 0;
    for await (const chunk of csvChunks(await silver.read(object.key), chunkBytes)) {
      const frame = reader.type(() => readCsv(chunk), object, row);
      row += frame.height;
      yield { frame, bytes: chunk.length };
    }
    return;
  }
  const path = await silver.download(object.key, directory);
  yield* parquetFrames(path, object, reader);
  // Where the store is a directory, it is the object itself.
  if (path.startsWith(directory)) {
    await rm(path);
  }
}

async function* parquetFrames(
  path: string,
  object: SilverObject,
  reader: SilverReader,
): AsyncGenerator<SilverFrame> {
  let row = 0;
  for (let height = rowsPerFrame; height === rowsPerFrame; ) {
    const start = row;
    const read = () => pl.scanParquet(path).slice(start, rowsPerFrame).collectSync();
    const frame = reader.type(read, object, row);
    height = frame.height;
    row += height;
    yield { frame, bytes: height * bytesPerRow(object, row) };
  }
}

/** Parquet takes a tenth of CSV, roughly; what matters is that large values count. */
function bytesPerRow({ size }: SilverObject, rows: number): number {
  return (10 * size) / Math.max(rows, 1);
}

/** All columns as text; nothing is guessed. An empty field is null, `""` is the empty text. */
function readCsv(chunk: Buffer): pl.DataFrame {
  return pl.readCSV(chunk, { inferSchemaLength: 0, truncateRaggedLines: false });
}
