/** `lakehouse audit`: the proof that nothing is lost. */
import { Command } from "@commander-js/extra-typings";
import { examples, type Run, report, requireLake } from "../../command.ts";
import { exitCodes } from "../../exit.ts";
import { counted, number } from "../../output/text.ts";
import { type AuditResult, audit } from "./audit.ts";
import type { Problem } from "./problem.ts";

export function auditCommand(run: Run) {
  return new Command("audit")
    .summary("prove that nothing is lost")
    .description(
      "Counts the records of every bronze object anew, and proves that they are its rows in silver plus " +
        "its records in quarantine plus those dropped; that current rows have one row for each primary " +
        "key of silver; and that gold is published as its run record says. Lists every discrepancy; what is " +
        "being written meanwhile may show as one.",
    )
    .addHelpText(
      "after",
      examples(
        ["audit", "exit code 0 when all is well, 1 when not"],
        ["audit --json | jq '.problems[]'", "each discrepancy"],
      ),
    )
    .action(() =>
      run(async (context) => {
        requireLake(context);
        const result = await audit(context);
        return report(
          context,
          result,
          auditText,
          result.ok ? exitCodes.done : exitCodes.dataProblem,
        );
      }),
    );
}

function auditText(result: AuditResult): string {
  const { ok, objects, records, rows, quarantined, dropped, currentRows, problems } = result;
  return [
    `${counted(objects, "bronze object")} with ${counted(records, "record")}`,
    `${counted(rows, "row")} + ${number(quarantined)} quarantined + ${number(dropped)} dropped`,
    `${counted(currentRows, "current row")}`,
    ...problems.map(problemText),
    ok ? "Nothing is lost." : `${counted(problems.length, "problem")}.`,
    "",
  ].join("\n");
}

function problemText({ kind, object, message, mend }: Problem): string {
  const sentence = message.endsWith(".") ? message : `${message}.`;
  return [`PROBLEM ${kind}: ${object}: ${sentence}`, ...(mend === undefined ? [] : [mend])].join(
    " ",
  );
}
