/** Files on local disk, written and read by Polars. */
import { createReadStream, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import pl from "nodejs-polars";
import type { FileSource } from "../../src/native-format.ts";
import { nativeFormats } from "../../src/native-formats.ts";

/** A local file as a source. */
export function sourceOf(path: string): FileSource {
  return {
    size: statSync(path).size,
    stream: async () => createReadStream(path),
    localPath: async () => path,
  };
}

/** Reads a whole file. */
export async function readFrame(format: FileFormat, path: string): Promise<pl.DataFrame> {
  const pieces = await Array.fromAsync(nativeFormats[format].frames(sourceOf(path), 2 ** 20));
  return pl.concat(pieces.map(({ frame }) => frame));
}

/** Writes frames to a new file. @returns Its path. */
export async function writeFrames(
  format: FileFormat,
  frames: readonly pl.DataFrame[],
  directory: string,
): Promise<string> {
  const own = await mkdtemp(join(directory, "writer-"));
  const writer = nativeFormats[format].openWriter(frames[0]?.columns ?? [], own);
  for (const frame of frames) {
    await writer.add(frame.lazy());
  }
  return (await writer.finish()).path;
}
