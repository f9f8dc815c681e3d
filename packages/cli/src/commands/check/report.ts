/** What `check` prints. */
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { counted, jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import type { CheckResult } from "./check.ts";

/** Prints the mistakes to stderr. @returns The output, and the exit code. */
export function reportMistakes(
  result: CheckResult,
  json: boolean,
): { readonly output: string; readonly exitCode: number } {
  const { ok, tables, models, mistakes } = result;
  const exitCode = ok ? 0 : exitCodes.usage;
  if (json) {
    return { output: jsonDocument(result), exitCode };
  }
  for (const mistake of mistakes) {
    process.stderr.write(failureText(mistake, screenOf(process.stderr)));
  }
  const output = ok
    ? `${counted(tables, "table")} and ${counted(models, "model")} have no mistakes.\n`
    : "";
  return { output, exitCode };
}
