/** Writes to stdout, at the pace of whoever reads it; a reader that has seen enough is no error. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** @param output Text, or pieces of it as they come. */
export async function writeOutput(
  output: string | AsyncIterable<string>,
  stream: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const pieces = typeof output === "string" ? [output] : output;
  try {
    await pipeline(Readable.from(pieces), stream, { end: false, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) {
      throw error;
    }
  }
}
