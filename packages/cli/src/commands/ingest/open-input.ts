/** Opens input files. Gzip is decompressed; otherwise every byte stays as it is. */
import { createReadStream } from "node:fs";
import { access, constants, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { addAbortSignal, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { peek } from "@lakehouse/transforms/decode/decompress";
import { asError } from "@lakehouse/transforms/errors";
import { DamagedInputError, UsageError } from "../../errors.ts";

/** A file, or stdin. */
export interface Input {
  /** For messages. */
  readonly name: string;
  /** The size on disk in bytes; undefined for stdin. */
  readonly size: number | undefined;
  /** Whether it can be opened several times. */
  readonly isFile: boolean;
  open(signal: AbortSignal): Readable;
}

/**
 * Finds all inputs without reading them.
 *
 * @param names Paths of files and folders, and `-` for stdin.
 * @param base The folder where relative paths start.
 * @param folders Whether a folder may have folders in it.
 * @throws UsageError for the first that can't be read.
 */
export async function findInputs(
  names: readonly string[],
  base: string,
  folders: "flat" | "nested" = "flat",
): Promise<Input[]> {
  if (names.filter((name) => name === "-").length > 1) {
    throw new UsageError("stdin (-) can be read only once", "Name it once.");
  }
  const found = await Promise.all(
    names.map(async (name) => {
      if (name === "-") {
        return [standardInput];
      }
      const inputs = await inputsAt(name, resolve(base, name), folders === "nested");
      if (inputs.length === 0) {
        throw unusableFolder(name, "without files");
      }
      return inputs;
    }),
  );
  return found.flat();
}

/** The size of all inputs in bytes; undefined if one is unknown. */
export function totalSize(inputs: readonly Input[]): number | undefined {
  const sizes = inputs.map(({ size }) => size);
  return sizes.every((size) => size !== undefined)
    ? sizes.reduce((sum, size) => sum + size, 0)
    : undefined;
}

const standardInput: Input = {
  name: "stdin",
  size: undefined,
  isFile: false,
  open: (signal) => addAbortSignal(signal, process.stdin),
};

/** A file, or the files of a folder by name. Hidden ones are left out. */
async function inputsAt(name: string, path: string, isNested: boolean): Promise<Input[]> {
  const stats = await stat(path).catch((error: unknown) => {
    throw unreadable(name, path, error);
  });
  if (!stats.isDirectory()) {
    return [await fileInput(name, path)];
  }
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(name, path, error);
  });
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  if (!isNested && visible.some((entry) => entry.isDirectory())) {
    throw unusableFolder(name, "with directories in it");
  }
  const sorted = visible.sort((a, b) => (a.name < b.name ? -1 : 1));
  const inputs = await Promise.all(
    sorted.map(async (entry) => {
      const [each, at] = [join(name, entry.name), join(path, entry.name)];
      return entry.isDirectory() ? await inputsAt(each, at, isNested) : [await fileInput(each, at)];
    }),
  );
  return inputs.flat();
}

function unusableFolder(name: string, content: string): UsageError {
  return new UsageError(
    `${name} is a directory ${content}`,
    "Name the files, or a folder of files.",
  );
}

async function fileInput(name: string, path: string): Promise<Input> {
  const stats = await stat(path).catch((error: unknown) => {
    throw unreadable(name, path, error);
  });
  if (stats.isDirectory()) {
    throw unusableFolder(name, "behind a link");
  }
  await access(path, constants.R_OK).catch((error: unknown) => {
    throw unreadable(name, path, error);
  });
  // The size of a pipe or device is 0, whatever it holds.
  const isFile = stats.isFile();
  const size = isFile ? stats.size : undefined;
  return { name, size, isFile, open: (signal) => createReadStream(path, { signal }) };
}

function unreadable(name: string, path: string, error: unknown): UsageError {
  const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
  return missing
    ? new UsageError(`There is no file ${path}`, "Check the path. Nothing was done.")
    : new UsageError(
        `${name} can't be read (${asError(error).message})`,
        "Check its permissions. Nothing was done.",
      );
}

/**
 * The bytes of an input. They are decompressed if the content is gzip, whatever the name says.
 *
 * @param onBytes Called with the size of each piece before decompression, for progress.
 * @throws DamagedInputError if the gzip data is cut off or corrupt.
 */
export async function* readInput(
  input: Input,
  signal: AbortSignal,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  const { gzip, chunks } = await peek(countBytes(input.open(signal), onBytes));
  if (!gzip) {
    yield* chunks;
    return;
  }
  try {
    yield* pipeline(chunks, createGunzip(), () => {});
  } catch (error) {
    const isGzip = error instanceof Error && "code" in error && /^Z_/.test(String(error.code));
    throw isGzip ? new DamagedInputError({ cause: error }) : error;
  }
}

/** Passes the bytes on, and reports the size of each piece. */
export async function* countBytes(
  source: Readable,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of source as AsyncIterable<Buffer>) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}
