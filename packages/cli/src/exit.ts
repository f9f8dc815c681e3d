/** Turns an error into an exit code and a message. */
import { CheckFailedError, type CheckFailure } from "@lakehouse/silver-gold/errors";
import { asError, exitCodes, LakehouseError } from "@lakehouse/transforms/errors";
import { onThisLake } from "./command-line.ts";
import { InterruptedError } from "./errors.ts";

/** What the command prints about an error. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  /** How to fix it, if the error says so. The message ends with it. */
  readonly hint?: string | undefined;
  /** The checks that failed, with a few rows each. */
  readonly checks?: readonly CheckFailure[];
}

/**
 * Our own errors explain themselves. Any other error is a bug.
 *
 * @param commandLine What runs a command on the same lake. It completes the commands that a hint names.
 */
export function failureOf(error: unknown, commandLine: string): Failure {
  if (error instanceof LakehouseError) {
    const { code, kind, detail } = error;
    const hint = error.hint === undefined ? undefined : onThisLake(error.hint, commandLine);
    const problem = error.message.slice(0, error.message.length - (error.hint?.length ?? 0));
    const message = `${problem}${hint ?? ""}`;
    return {
      exitCode: error instanceof InterruptedError ? error.exitCode : exitCodes[kind],
      code,
      message: detail === undefined ? message : `${message}\n${detail}`,
      hint,
      ...(error instanceof CheckFailedError ? { checks: error.failures } : {}),
    };
  }
  const message = asError(error).message;
  return {
    exitCode: exitCodes.fault,
    code: "UNEXPECTED",
    message: `Unexpected error: ${message.trim()} (DEBUG=lakehouse prints a stack trace)`,
  };
}

/** A failed object is a fault, not a data problem. Bad records go to quarantine, and fail nothing. */
export function exitCodeOf({ failed }: { readonly failed: readonly unknown[] }): number {
  return failed.length === 0 ? 0 : exitCodes.fault;
}
