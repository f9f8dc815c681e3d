/** How the command ends: the exit code of an error, and what is printed of it. */
import { LakeError } from "@lakehouse/lake/errors";
import {
  CheckFailedError,
  type CheckFailure,
  GoldError,
  ModelError,
  ModelFailedError,
  SilverObjectError,
} from "@lakehouse/silver-gold/errors";
import { ContractError } from "@lakehouse/transforms/errors";
import { CommandError } from "./errors.ts";

/** Exit codes, as the help of the command states them. */
export const exitCodes = { done: 0, dataProblem: 1, usage: 2, other: 3 } as const;

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

/** Codes of other packages' errors that a user can fix on the command line. */
const usageCodes = new Set(["INVALID_CONFIGURATION", "INVALID_KEY", "UNKNOWN_TABLE"]);

/** Sorts an error: one of our classes explains itself; any other is a bug. */
export function failureOf(error: unknown): Failure {
  return { ...sorted(error), hint: hintOf(error) };
}

function hintOf(error: unknown): string | undefined {
  return error instanceof Error && "hint" in error && typeof error.hint === "string"
    ? error.hint
    : undefined;
}

function sorted(error: unknown): Failure {
  if (error instanceof CommandError) {
    return { exitCode: error.exitCode, code: error.code, message: error.message };
  }
  if (error instanceof ContractError || error instanceof ModelError) {
    return { exitCode: exitCodes.usage, code: error.code, message: error.message };
  }
  if (error instanceof CheckFailedError) {
    const { code, failures: checks } = error;
    return { exitCode: exitCodes.dataProblem, code, message: checksText(error), checks };
  }
  if (error instanceof GoldError) {
    const isData = error instanceof ModelFailedError || error instanceof SilverObjectError;
    const exitCode = isData ? exitCodes.dataProblem : exitCodes.other;
    const detail = error.detail === undefined ? "" : `\n${error.detail.trimEnd()}`;
    return { exitCode, code: error.code, message: `${error.message}${detail}` };
  }
  if (error instanceof LakeError) {
    const exitCode = usageCodes.has(error.code) ? exitCodes.usage : exitCodes.other;
    return { exitCode, code: error.code, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return {
    exitCode: exitCodes.other,
    code: "UNEXPECTED",
    message: `Unexpected error: ${message.trim()} (to see where, run again with DEBUG=lakehouse)`,
  };
}

function checksText({ message, failures }: CheckFailedError): string {
  const samples = failures.flatMap(({ model, check, sample }) => [
    `${model}: ${check}, for example:`,
    ...sample.map((row) => `  ${JSON.stringify(row)}`),
  ]);
  return [message, ...samples].join("\n");
}
