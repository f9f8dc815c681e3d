/** `lakehouse apply`: does what `lakehouse plan` shows. */
import { Command } from "@commander-js/extra-typings";
import { jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { examples, type Run } from "../../command.ts";
import type { Context } from "../../context.ts";
import { exitCodeOf } from "../../exit.ts";
import { processedText } from "../../output/processed.ts";
import { auditText } from "../audit/command.ts";
import { goldText } from "../gold/command.ts";
import { planLines, remoteReplayLines } from "../plan/plan-text.ts";
import type { ApplyResult } from "./apply.ts";

export function applyCommand(run: Run) {
  return new Command("apply")
    .summary("do what plan shows: replay, gold and an audit")
    .description(
      "Shows the plan and asks. Then processes new bronze objects, replays what an older contract made, and runs gold. " +
        "Asks about each table or model that would lose more rows than its checks allow, and about the removal of what is " +
        "no longer defined. Ends with an audit. If it is interrupted, run it again.",
    )
    .option("--yes", "do not ask: accept all decreases and removals, too", false)
    .addHelpText(
      "after",
      examples(
        ["apply", "show the plan, ask, and do it"],
        ["apply --yes --json", "for programs; read plan first"],
        ["--env prod apply", "on a deployed lake, after a deployment"],
      ),
    )
    .action(({ yes }) =>
      run(async (context) => {
        const { apply } = await import("./apply.ts");
        const show = (plan: ApplyResult["plan"]): void => {
          if (!context.json) {
            const lines = [...planLines(plan, context.screen), ...remoteReplayLines(plan, context)];
            process.stderr.write(`${lines.join("\n")}\n`);
          }
        };
        const result = await apply(context, { yes, show });
        const output = context.json ? jsonDocument(result) : applyText(result, context);
        return { output, exitCode: exitCode(result) };
      }),
    );
}

function exitCode({ done }: ApplyResult): number {
  if (done === null) {
    return 0;
  }
  const failed = Math.max(exitCodeOf(done.silver), exitCodeOf(done.replayed));
  return failed === 0 && !done.audit.ok ? exitCodes.data : failed;
}

function applyText({ plan, done }: ApplyResult, { commandLine, screen }: Context): string {
  if (done === null) {
    return plan.isChanged || plan.retired.length > 0 ? "Nothing was changed.\n" : "";
  }
  const { silver, replayed, gold, audit, accepted } = done;
  const step = (title: string, text: string): string => `${title}: ${text}`;
  return [
    ...(silver.objects === 0 ? [] : [step("New", processedText(silver, screen))]),
    ...(replayed.objects === 0 ? [] : [step("Replayed", processedText(replayed, screen))]),
    ...(accepted.length === 0
      ? []
      : [`${screen.paint("warning", `Accepted that rows go from: ${accepted.join(", ")}`)}\n`]),
    step("Gold", goldText(gold, commandLine, screen)),
    step("Audit", auditText(audit, commandLine, screen)),
  ].join("");
}
