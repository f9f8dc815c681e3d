/** `lakehouse plan`: what changed in contracts and models against the lake. */

import { Command } from "@commander-js/extra-typings";
import { exitCodes } from "@lakehouse/transforms/errors";
import { tablesPath } from "@lakehouse/transforms/project";
import { examples, type Run, report } from "../../command.ts";
import { planText } from "./plan-text.ts";

export function planCommand(run: Run) {
  return new Command("plan")
    .summary("show what changed in contracts and models, and what that costs")
    .description(
      `Compares ${tablesPath} with the lake: columns that come, go or change their type, and whether that breaks ` +
        "readers; objects to replay; partitions, files and bytes to build again; new, changed and removed models; new " +
        "files. Changes nothing. lakehouse apply does it.",
    )
    .option(
      "--exit-code",
      "exit code 1 if there is something to do, as git diff --exit-code",
      false,
    )
    .addHelpText(
      "after",
      examples(
        ["plan", "what apply would do"],
        ["--env prod plan", "against a deployed lake, before you deploy"],
        ["plan --json | jq .isBreaking", "whether readers may fail"],
      ),
    )
    .action(({ exitCode }) =>
      run(async (context) => {
        const { plan } = await import("./plan.ts");
        const result = await plan(context);
        const isOpen = result.isChanged || result.retired.length > 0;
        return report(
          context,
          result,
          (each, screen) => planText(each, context, screen),
          exitCode && isOpen ? exitCodes.data : 0,
        );
      }),
    );
}
