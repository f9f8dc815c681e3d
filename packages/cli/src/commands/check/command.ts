/** `lakehouse check`: finds the mistakes in all tables and models, without a lake. */

import { Command } from "@commander-js/extra-typings";
import { tablesPath } from "@lakehouse/transforms/project";
import { examples, type Run } from "../../command.ts";
import { reportMistakes } from "./report.ts";

export function checkCommand(run: Run) {
  return new Command("check")
    .summary("find the mistakes in tables and models")
    .description(
      `Checks all contracts, models, samples and SQL in ${tablesPath}, and their types. Prints every ` +
        "mistake with its file and line. Needs no lake, and reads no data.",
    )
    .option(
      "--deployed",
      "have Athena validate the queries of the models that it builds, on the tables of a deployed lake",
      false,
    )
    .addHelpText(
      "after",
      examples(
        ["check", "exit code 0 if everything is right, otherwise 2"],
        ["check --json | jq '.mistakes[]'", "each mistake"],
        ["--env dev check --deployed", "also what Athena says"],
      ),
    )
    .action(({ deployed }) =>
      run(async (context) => {
        if (deployed) {
          const { checkDeployed } = await import("./check-deployed.ts");
          return reportMistakes(await checkDeployed(context), context.json);
        }
        const { check } = await import("./check.ts");
        return reportMistakes(await check(context), context.json);
      }),
    );
}
