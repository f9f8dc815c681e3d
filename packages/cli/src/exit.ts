/** Turns an error into an exit code and a message. */
import { CheckFailedError, type CheckFailure } from "@lakehouse/silver-gold/errors";
import { exitCodes, LakehouseError } from "@lakehouse/transforms/errors";
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

/** Our own errors explain themselves. Any other error is a bug. */
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
    message: `Unexpected error: ${message.trim()} (DEBUG=lakehouse prints a stack trace)`,
  };
}

/** A failed object is a fault, not a data problem. Bad records go to quarantine, and fail nothing. */
export function exitCodeOf({ failed }: { readonly failed: readonly unknown[] }): number {
  return failed.length === 0 ? 0 : exitCodes.fault;
}
