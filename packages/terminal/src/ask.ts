/** Asks the person at the terminal. */
import { createInterface } from "node:readline/promises";

/**
 * Asks on stderr, and reads a line from stdin.
 *
 * @param stopped Aborted when the program is stopped.
 * @returns The answer without spaces around it; empty for Ctrl-D.
 */
export async function ask(question: string, stopped: AbortSignal): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // readline keeps Ctrl-C to itself.
  terminal.on("SIGINT", () => process.emit("SIGINT"));
  const answer = await terminal
    .question(question, { signal: stopped })
    .catch(() => "")
    .finally(() => terminal.close());
  stopped.throwIfAborted();
  return answer.trim();
}

/** Whether an answer to a question that ends with `[y/N]` is yes. */
export function isYes(answer: string): boolean {
  return /^y(es)?$/i.test(answer);
}
