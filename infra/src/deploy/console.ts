/** Talks to the user: results go to stdout, progress and questions to stderr. */
import { ask } from "@lakehouse/terminal/ask";
import { screenOf } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { DeployError } from "./errors.ts";

/** Prints progress on stderr. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Prints a result on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** @param rows Each names its cells by column; a column is a `kind` or a count. */
export function tableOf(rows: readonly Readonly<Record<string, number | string>>[]): string {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return textTable(
    titles.map((title) => ({ title, alignment: title === "kind" ? "left" : "right" })),
    rows.map((row) => titles.map((title) => String(row[title] ?? ""))),
    screenOf(process.stdout),
  ).trimEnd();
}

/**
 * Asks the user to type `expected`.
 *
 * @param stopped Aborted when the program is stopped.
 * @throws DeployError NOT_CONFIRMED for any other answer, and for Ctrl-D.
 */
export async function confirm(
  question: string,
  expected: string,
  stopped: AbortSignal,
): Promise<void> {
  const answer = await ask(`${question} Type "${expected}" to continue: `, stopped);
  if (answer !== expected) {
    throw new DeployError("NOT_CONFIRMED", "Not confirmed", "This plan was not applied.");
  }
}
