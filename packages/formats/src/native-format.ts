/** The half of a format that loads native code: how Polars writes and reads its files. */
import type pl from "nodejs-polars";

/** How Polars writes and reads the files of a format. */
export interface NativeFormat {
  /**
   * What its reader gives: the columns' own types, or every value as the string that the file holds. A string column's
   * empty string is not null.
   */
  readonly values: "typed" | "strings";
  /** Opens a new file for frames with these columns, among temporary files in `directory`. */
  openWriter(columns: readonly string[], directory: string): FrameWriter;
  /**
   * Reads a file piece by piece, in order. Columns are those that the file has.
   *
   * @param chunkBytes How much CSV, or how many rows that would be as much, become one frame.
   * @throws UnreadableFileError when the file is damaged. Errors of the source are passed on.
   */
  frames(source: FileSource, chunkBytes: number): AsyncGenerator<FileFrame>;
  /** Counts a file's rows for the audit, sharing no code with what writes and reads them. */
  countRows(source: Omit<FileSource, "size">): Promise<number>;
}

/** Takes the frames of one file; they are written in the background, in order. */
export interface FrameWriter {
  /** Adds rows; returns once few enough frames wait to be written. */
  add(frame: pl.LazyDataFrame): Promise<void>;
  /** Waits until all frames are in the file. @returns Its path. */
  finish(): Promise<string>;
  /** Removes everything that it wrote. */
  discard(): Promise<void>;
}

/** A file to read. */
export interface FileSource {
  /** Bytes. */
  readonly size: number;
  /** Its bytes, from the beginning. */
  stream(): Promise<AsyncIterable<Uint8Array>>;
  /** The path of a local copy, made where there is none. */
  localPath(): Promise<string>;
}

/** Some rows of a file. */
export interface FileFrame {
  readonly frame: pl.DataFrame;
  /** How much CSV it was, or would be. */
  readonly bytes: number;
}

/** A file that does not hold what its format says. The message may show a record. */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";
}

/** @throws UnreadableFileError when Polars throws. */
export function readable(read: () => pl.DataFrame): pl.DataFrame {
  try {
    return read();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UnreadableFileError(message, { cause: error });
  }
}
