/** Talks to the user: results go to stdout, progress and questions to stderr. */
import { createInterface } from "node:readline/promises";
import { Table } from "console-table-printer";
import { DeployError } from "./errors.ts";

/** Prints progress on stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a result on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @param rows Each names its cells by column. The first column is `kind`. */
export function tableOf(rows: readonly Readonly<Record<string, number | string>>[]): string {
  const table = new Table({
    columns: [{ name: "kind", alignment: "left" }],
    shouldDisableColors: true,
  });
  return table.addRows([...rows]).render();
}

/**
 * Asks the user to type `expected`.
 *
 * @param stopped Aborted when the program is told to stop.
 * @throws DeployError NOT_CONFIRMED for any other answer, and for Ctrl-D.
 */
export async function confirm(
  question: string,
  expected: string,
  stopped: AbortSignal,
): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // readline keeps Ctrl-C to itself.
  terminal.on("SIGINT", () => process.emit("SIGINT"));
  const answer = await terminal
    .question(`${question} Type "${expected}" to continue: `, { signal: stopped })
    .catch(() => "")
    .finally(() => terminal.close());
  stopped.throwIfAborted();
  if (answer.trim() !== expected) {
    throw new DeployError("NOT_CONFIRMED", "Not confirmed", "This plan was not applied.");
  }
}
