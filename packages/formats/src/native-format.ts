/** The half of a format that loads native code: how Polars writes and reads its files. */
import { asError } from "@lakehouse/transforms/errors";
import type pl from "nodejs-polars";

/** How Polars writes and reads the files of a format. */
export interface NativeFormat {
  /**
   * What the reader returns: the columns' own types, or each value as the string in the file. In a string column, the
   * empty string is not null.
   */
  readonly values: "typed" | "strings";
  /**
   * Opens a new file for frames with these columns. Its temporary files are in `directory`.
   *
   * @param flushes Whether to flush what is written to disk meanwhile, for a store that would wait for it in the end.
   */
  openWriter(columns: readonly string[], directory: string, flushes?: boolean): FrameWriter;
  /**
   * Reads a file piece by piece, in order. The columns are the file's.
   *
   * @param chunkBytes The size of a frame, as bytes of CSV.
   * @param canonical Gives strings these types on reading them.
   * @throws UnreadableFileError if the file is damaged. Errors of the source are passed on.
   */
  frames(
    source: FileSource,
    chunkBytes: number,
    canonical?: CanonicalTypes,
  ): AsyncGenerator<FileFrame>;
  /**
   * Reads small files together, much faster than one by one. Absent if the format can't.
   *
   * @param canonical Gives strings these types on reading them.
   * @param rows The number of rows of each file. They are counted if nobody knows.
   * @returns Undefined if a file must be read on its own.
   * @throws UnreadableFileError if a file is damaged.
   */
  together?(
    files: readonly Buffer[],
    canonical?: CanonicalTypes,
    rows?: readonly number[],
  ): readonly FilesFrame[] | undefined;
  /** Counts a file's rows for the audit. It shares no code with the reader and the writer. */
  countRows(source: Omit<FileSource, "size">): Promise<number>;
}

/**
 * The types of columns whose strings are known to be as our writer writes them. Polars reads these exactly and fast, but would
 * also take others, such as ` 01` for a number.
 */
export type CanonicalTypes = ReadonlyMap<string, pl.DataType>;

/** Writes the frames of one file, in the background and in order. */
export interface FrameWriter {
  /** Adds rows. Resolves once few enough frames are waiting to be written. */
  add(frame: pl.LazyDataFrame): Promise<void>;
  /** Waits until all frames are in the file. */
  finish(): Promise<WrittenFile>;
  /** Removes everything that it wrote. */
  discard(): Promise<void>;
}

/** A file that is complete. */
export interface WrittenFile {
  readonly path: string;
  /** SHA-256 of its content, in hexadecimal, if the writer knows it. */
  readonly sha256?: string;
}

/** A file to read. */
export interface FileSource {
  /** In bytes. */
  readonly size: number;
  /** Opens its bytes, from the beginning. */
  stream(): Promise<AsyncIterable<Uint8Array>>;
  /** Returns the path of a local copy, and creates it if there is none. */
  localPath(): Promise<string>;
}

/** Some rows of a file. */
export interface FileFrame {
  readonly frame: pl.DataFrame;
  /** Its size as CSV, in bytes. An estimate for other formats. */
  readonly bytes: number;
}

/** The rows of several files, one file after another. */
export interface FilesFrame {
  readonly frame: pl.DataFrame;
  /** The indexes of the files, and the number of rows of each. */
  readonly files: readonly number[];
  readonly rows: readonly number[];
}

/** A file that is not valid in its format. The message may show a record. */
export class UnreadableFileError extends Error {
  override readonly name = "UnreadableFileError";
}

/** @throws UnreadableFileError if Polars throws. */
export function readable(read: () => pl.DataFrame): pl.DataFrame {
  try {
    return read();
  } catch (error) {
    const message = asError(error).message;
    throw new UnreadableFileError(message, { cause: error });
  }
}
