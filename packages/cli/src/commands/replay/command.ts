/** `lakehouse replay`: bronze → silver again. */
import { Command } from "@commander-js/extra-typings";
import {
  blockMib,
  blockMibHelp,
  calendarDate,
  examples,
  type Run,
  report,
  requireLake,
  tableNamed,
} from "../../command.ts";
import { UsageError } from "../../errors.ts";
import { processedText } from "../../output/processed.ts";
import { exitCodeOf } from "../../process-objects.ts";
import { replay } from "./replay.ts";

export function replayCommand(run: Run) {
  return new Command("replay")
    .summary("process bronze objects again")
    .description(
      "Processes a table's bronze objects again, as after a change of its contract. Replaces their silver " +
        "and quarantine. The next gold run merges the changes.",
    )
    .argument("<table>", "the table")
    .option("--from <date>", "first day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--to <date>", "last day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--block-mib <n>", blockMibHelp, blockMib)
    .addHelpText(
      "after",
      examples(
        ["replay orders", "all objects of a table"],
        ["replay orders --from 2026-01-01 --to 2026-01-31", "what arrived in a month"],
      ),
    )
    .action((name, options) =>
      run(async (context) => {
        const table = tableNamed(context.catalog, name);
        if (options.from !== undefined && options.to !== undefined && options.from > options.to) {
          throw new UsageError("--from is later than --to", "Swap them.");
        }
        requireLake(context);
        const result = await replay(context, table, options);
        return report(context, result, processedText, exitCodeOf(result));
      }),
    );
}
