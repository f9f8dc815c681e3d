/** Writes to stdout, at the pace of whoever reads it, and tells when that cannot be done. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * Writes text; what is wrong with the stream itself is for its listeners (`watchOutput`).
 *
 * @param output Text, or pieces of it as they come.
 */
export async function writeOutput(
  output: string | AsyncIterable<string>,
  stream: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const pieces = typeof output === "string" ? [output] : output;
  let problem: unknown;
  const note = (error: unknown): void => {
    problem = error;
  };
  stream.on("error", note);
  try {
    await pipeline(Readable.from(pieces), stream, { end: false, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error !== problem) {
      throw error;
    }
  } finally {
    stream.off("error", note);
  }
}

/**
 * Lets a process end with an exit code and a sentence when its stdout takes no more, as on a full disk. A reader
 * that has seen enough is no error: nobody is left to tell.
 */
export function watchOutput(process: NodeJS.Process, exitCode: number): void {
  const { stdout, stderr } = process;
  let problem: string | undefined;
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    problem ??= code === "EPIPE" ? undefined : message;
  });
  // Only at the end: until then the work goes on, and clears up after itself.
  process.on("exit", () => {
    if (problem !== undefined) {
      stderr.write(
        `lakehouse: stdout cannot be written (${problem}). What it holds is not whole: free some space, or write elsewhere, then run again.\n`,
      );
      process.exitCode = exitCode;
    }
  });
}
