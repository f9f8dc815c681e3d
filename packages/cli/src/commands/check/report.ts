/** What `check` prints. */
import { failureText, warningText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { counted, jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import type { CheckResult } from "./check.ts";

/** Prints the mistakes and warnings to stderr. @returns The output, and the exit code. */
export function reportMistakes(
  result: CheckResult,
  json: boolean,
): { readonly output: string; readonly exitCode: number } {
  const { ok, tables, models, mistakes, warnings } = result;
  const exitCode = ok ? 0 : exitCodes.usage;
  if (json) {
    return { output: jsonDocument(result), exitCode };
  }
  for (const mistake of mistakes) {
    process.stderr.write(failureText(mistake, screenOf(process.stderr)));
  }
  for (const warning of warnings) {
    process.stderr.write(warningText(warning, screenOf(process.stderr)));
  }
  const output = ok
    ? `${counted(tables, "table")} and ${counted(models, "model")} have no mistakes.\n`
    : "";
  return { output: `${output}${deployedText(result)}`, exitCode };
}

/** What Athena said of the models that it was asked about. */
function deployedText({ ok, deployed = [] }: CheckResult): string {
  const unasked = deployed.filter(({ missing }) => missing.length > 0);
  const asked = deployed.length - unasked.length;
  return [
    ...(ok && asked > 0 ? [`Athena takes the queries of ${counted(asked, "model")}.\n`] : []),
    ...unasked.map(
      ({ model, missing }) =>
        `Athena was not asked about ${model}: gold does not have ${missing.join(", ")} yet.\n`,
    ),
  ].join("");
}
