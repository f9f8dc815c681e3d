/** `lakehouse audit`: proves that nothing is lost. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { counted, number, oneLine } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { examples, type Run, report, requireLake } from "../../command.ts";
import { onThisLake } from "../../command-line.ts";
import { quarantinedText } from "../../output/processed.ts";
import type { AuditResult } from "./audit.ts";
import type { Problem } from "./problem.ts";

export function auditCommand(run: Run) {
  return new Command("audit")
    .summary("prove that nothing is lost")
    .description(
      "Counts everything again. Proves that the records of every bronze object are its rows in silver, plus " +
        "its records in quarantine, plus the dropped ones; that each primary key of silver has one current " +
        "row; and that gold is published as its run record says. Compares the content of every layer with the " +
        "digests that were noted when it was written; published gold only with --content. Lists every " +
        "discrepancy. Data that is written during the audit may show as one, unless you say --live.",
    )
    .option(
      "--live",
      "leave out what the next runs do, and report only what two audits find",
      false,
    )
    .option("--content", "read published gold too, instead of comparing sizes and ETags", false)
    .addHelpText(
      "after",
      examples(
        ["audit", "exit code 0 if nothing is lost, otherwise 1"],
        ["audit --content", "also finds edits of published gold that keep size and time"],
        ["--env prod audit --live", "for a deployed lake, while its functions run"],
        ["audit --json | jq '.problems[]'", "each discrepancy"],
      ),
    )
    .action(({ content, live }) =>
      run(async (context) => {
        requireLake(context);
        const audit = live
          ? (await import("./live.ts")).auditLive
          : (await import("./audit.ts")).audit;
        const result = await audit(context, content);
        return report(
          context,
          result,
          (each, screen) => auditText(each, context.commandLine, screen),
          result.ok ? 0 : exitCodes.data,
        );
      }),
    );
}

const sizesOnly =
  "Published gold was compared by sizes and ETags. lakehouse audit --content reads it as well.";
const oldSilver =
  "of an earlier version without a digest: only rows were counted. lakehouse replay TABLE adds digests.";

/** What the command prints. */
export function auditText(result: AuditResult, commandLine: string, screen: Screen): string {
  const { ok, objects, records, rows, quarantined, dropped, currentRows, problems } = result;
  const { content = false, withoutDigest = 0, waiting = [], forgotten = 0 } = result;
  return [
    `${counted(objects, "bronze object")} with ${counted(records, "record")}`,
    `${counted(rows, "row")} + ${quarantinedText(quarantined, screen)} + ${number(dropped)} dropped${forgotten === 0 ? "" : ` + ${number(forgotten)} forgotten`}`,
    `${counted(currentRows, "current row")}`,
    ...problems.map((problem) => problemText(problem, screen)),
    ...(waiting.length === 0 ? [] : [waitingText(waiting)]),
    ...(content ? [] : [onThisLake(sizesOnly, commandLine)]),
    ...(withoutDigest === 0
      ? []
      : [`${counted(withoutDigest, "silver object")} ${onThisLake(oldSilver, commandLine)}`]),
    ok ? "Nothing is lost." : screen.paint("problem", `${counted(problems.length, "problem")}.`),
    "",
  ].join("\n");
}

/** `Left to the next runs: backlog (3), unmerged (1).` */
function waitingText(waiting: readonly Problem[]): string {
  const kinds = Map.groupBy(waiting, ({ kind }) => kind);
  const counts = [...kinds].map(([kind, problems]) => `${kind} (${number(problems.length)})`);
  return `Left to the next runs: ${counts.join(", ")}.`;
}

function problemText({ kind, object, message, hint }: Problem, screen: Screen): string {
  const sentence = message.endsWith(".") ? message : `${message}.`;
  const heading = screen.paint("problem", `PROBLEM ${kind}:`);
  return `${heading} ${oneLine(object)}: ${sentence}${hint === undefined ? "" : ` ${hint}`}`;
}
