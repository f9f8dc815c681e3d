/** `lakehouse check`: finds the mistakes in all tables and models, without a lake. */
import { Command } from "@commander-js/extra-typings";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { counted, jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { examples, type Run } from "../../command.ts";
import { check } from "./check.ts";

export function checkCommand(run: Run) {
  return new Command("check")
    .summary("find the mistakes in tables and models")
    .description(
      "Checks all contracts, models, samples and SQL in packages/tables/src, and their types. Prints every " +
        "mistake with its file and line. Needs no lake, and reads no data.",
    )
    .addHelpText(
      "after",
      examples(
        ["check", "exit code 0 if everything is right, otherwise 2"],
        ["check --json | jq '.mistakes[]'", "each mistake"],
      ),
    )
    .action(() =>
      run(async (context) => {
        const result = await check(context);
        const { ok, tables, models, mistakes } = result;
        const exitCode = ok ? 0 : exitCodes.usage;
        if (context.json) {
          return { output: jsonDocument(result), exitCode };
        }
        for (const mistake of mistakes) {
          process.stderr.write(failureText(mistake, screenOf(process.stderr)));
        }
        const output = ok
          ? `${counted(tables, "table")} and ${counted(models, "model")} have no mistakes.\n`
          : "";
        return { output, exitCode };
      }),
    );
}
