/** Writes to stdout at the pace of its reader, and reports errors. */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";

const hint = "Free some space, or write elsewhere, then run again.";

/**
 * Writes text. Errors of the stream itself are left to its listeners (`watchOutput`).
 *
 * @param output Text, or pieces of text.
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
 * Ends a process with an exit code and an error if its stdout can't be written, as on a full disk. A reader that closes
 * the pipe early is not an error.
 */
export function watchOutput(process: NodeJS.Process, exitCode: number): void {
  const { stdout, stderr } = process;
  let problem: string | undefined;
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    problem ??= code === "EPIPE" ? undefined : message;
  });
  // At exit, so that the command can first end and clean up.
  process.on("exit", () => {
    if (problem !== undefined) {
      stderr.write(
        failureText(
          {
            message: `stdout can't be written (${problem}). The output is incomplete. ${hint}`,
            hint,
          },
          screenOf(stderr),
        ),
      );
      process.exitCode = exitCode;
    }
  });
}
