/** Reads silver objects into Polars frames, piece by piece. */
import { rm } from "node:fs/promises";
import { UnreadableFileError } from "@lakehouse/formats/native-format";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type pl from "nodejs-polars";
import type { SilverObject } from "./silver-objects.ts";
import { type SilverReader, unreadable } from "./silver-reader.ts";

/** Rows of one silver object: the contract's columns, `_arrival`, `_object`, `_row` and `_partition`. */
export interface SilverFrame {
  readonly frame: pl.DataFrame;
  /** The size of the rows as CSV. */
  readonly bytes: number;
}

/**
 * Reads one silver object.
 *
 * @param chunkBytes The size of the CSV that becomes one frame.
 * @param directory A folder for a copy of the file, if its format can't be streamed and the store is not a directory.
 * @throws SilverObjectError if the object does not match the contract.
 */
export async function* silverFrames(
  silver: ObjectStore,
  object: SilverObject,
  reader: SilverReader,
  chunkBytes: number,
  directory: string,
): AsyncGenerator<SilverFrame> {
  const { key, size, format } = object;
  let copy: string | undefined;
  const source = {
    size,
    stream: () => silver.read(key),
    localPath: async () => {
      copy = await silver.download(key, directory);
      return copy;
    },
  };
  let row = 0;
  try {
    for await (const { frame, bytes } of nativeFormats[format].frames(source, chunkBytes)) {
      yield { frame: reader.type(frame, object, row), bytes };
      row += frame.height;
    }
  } catch (error) {
    throw error instanceof UnreadableFileError ? unreadable(object, error) : error;
  }
  // If the store is a directory, this is the object itself.
  if (copy?.startsWith(directory) === true) {
    await rm(copy);
  }
}
