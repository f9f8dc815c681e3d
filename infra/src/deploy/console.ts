/** What the deploy programs say to a person, and ask of one. */
import { createInterface } from "node:readline/promises";
import { DeployError } from "./errors.ts";

/** Tells what is going on, on stderr: stdout is for what was asked for. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Gives what was asked for, on stdout. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Who agrees to changes: a person at a terminal, or `--yes`. */
export interface Consent {
  /** @throws DeployError NOT_CONFIRMED unless the answer is `expected`. */
  obtain(question: string, expected: string): Promise<void>;
}

/**
 * @param yes Whether `--yes` was given.
 * @throws DeployError USAGE where there is neither a terminal nor `--yes`: before anything was done.
 */
export function consentBy(yes: boolean): Consent {
  if (yes) {
    return { obtain: async () => {} };
  }
  if (!process.stdin.isTTY || process.env["CI"] === "true") {
    throw new DeployError(
      "USAGE",
      "Nobody is here to confirm the changes: this is no terminal",
      "Add --yes to make them without asking, or use `plan` to see them only.",
    );
  }
  return { obtain: ask };
}

async function ask(question: string, expected: string): Promise<void> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C at the question goes to whom it goes otherwise.
  terminal.on("SIGINT", () => process.emit("SIGINT"));
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once("SIGINT", stop);
  try {
    // Ctrl-D is no answer either.
    const answer = await terminal.question(`${question} Type "${expected}" to go on: `, {
      signal: stopped.signal,
    });
    if (answer.trim() === expected) {
      return;
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) {
      throw error;
    }
  } finally {
    process.off("SIGINT", stop);
    terminal.close();
  }
  throw new DeployError(
    "NOT_CONFIRMED",
    "Not confirmed",
    "What this plan shows was not done; run the command again to see it anew.",
  );
}
