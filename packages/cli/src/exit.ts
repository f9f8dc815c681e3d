/** How the command ends: the exit code of an error, and what is printed of it. */
import { CheckFailedError, type CheckFailure } from "@lakehouse/silver-gold/errors";
import { exitCodes, LakehouseError } from "@lakehouse/transforms/errors";
import { InterruptedError } from "./errors.ts";

/** What is printed of an error. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  /** What to do, where the error names it. The message ends with it. */
  readonly hint?: string | undefined;
  /** The checks that failed, with a few rows each. */
  readonly checks?: readonly CheckFailure[];
}

/** Looks an error up: one of our classes explains itself; any other is a bug. */
export function failureOf(error: unknown): Failure {
  if (error instanceof LakehouseError) {
    const { code, kind, message, hint, detail } = error;
    return {
      exitCode: error instanceof InterruptedError ? error.exitCode : exitCodes[kind],
      code,
      message: detail === undefined ? message : `${message}\n${detail}`,
      hint,
      ...(error instanceof CheckFailedError ? { checks: error.failures } : {}),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: exitCodes.fault,
    code: "UNEXPECTED",
    message: `Unexpected error: ${message.trim()} (to see where, run again with DEBUG=lakehouse)`,
  };
}
