/** `lakehouse replay`: bronze → silver again. */
import { Command } from "@commander-js/extra-typings";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
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
import { exitCodeOf } from "../../exit.ts";
import { outdatedTables } from "../../outdated.ts";
import { processedAndOutdatedText } from "../../output/processed.ts";

export function replayCommand(run: Run) {
  return new Command("replay")
    .summary("process bronze objects again")
    .description(
      "Processes a table's bronze objects again, as after a change of its contract. Replaces their silver " +
        "and quarantine. The next gold run merges the changes. --outdated processes only objects whose silver " +
        "was made by an older contract, of one table or of all.",
    )
    .argument("[table]", "the table; may be left out with --outdated")
    .option("--outdated", "only objects whose silver was made by an older contract", false)
    .option("--from <date>", "first day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--to <date>", "last day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--block-mib <n>", blockMibHelp, blockMib)
    .addHelpText(
      "after",
      examples(
        ["replay orders --outdated", "what an older contract made"],
        ["replay orders", "all objects of a table"],
        ["replay orders --from 2026-01-01 --to 2026-01-31", "what arrived in a month"],
      ),
    )
    .action((name, options) =>
      run(async (context) => {
        const tables = tablesOf(context.catalog, name, options.outdated);
        if (options.from !== undefined && options.to !== undefined && options.from > options.to) {
          throw new UsageError("--from is later than --to", "Swap them.");
        }
        requireLake(context);
        const { replay } = await import("./replay.ts");
        const result = await replay(context, tables, options);
        const outdated = await outdatedTables(context, tables);
        return report(
          context,
          { ...result, outdated },
          processedAndOutdatedText,
          exitCodeOf(result),
        );
      }),
    );
}

/** The tables to replay. @throws UsageError */
function tablesOf(catalog: Catalog, name: string | undefined, outdated: boolean): readonly Table[] {
  if (name !== undefined) {
    return [tableNamed(catalog, name)];
  }
  if (!outdated) {
    const names = catalog.tables.map((table) => table.name).join(", ");
    throw new UsageError(
      "replay needs a table",
      `Tables are: ${names}. With --outdated it works on all of them.`,
    );
  }
  return catalog.tables;
}
