/** `lakehouse silver`: bronze → silver. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { blockMib, blockMibHelp, examples, type Run, report } from "../../command.ts";
import { exitCodeOf } from "../../exit.ts";
import { outdatedTables, type WithOutdated } from "../../outdated.ts";
import { processedAndOutdatedText, unknownTableLines } from "../../output/processed.ts";
import type { SilverResult } from "./silver.ts";

export function silverCommand(run: Run) {
  return new Command("silver")
    .summary("process new bronze objects")
    .description(
      "Decodes, validates and cleans each bronze object that has no silver yet. Rows go to silver, " +
        "refused records go to quarantine with their reasons.",
    )
    .option("--object <key...>", "process these bronze objects, new or not")
    .option("--block-mib <n>", blockMibHelp, blockMib)
    .addHelpText(
      "after",
      examples(
        ["silver", "all new objects"],
        ["silver --object orders/2026/01/31/07/a.gz", "one object, even if it has silver"],
      ),
    )
    .action(({ object, blockMib }) =>
      run(async (context) => {
        const { silver } = await import("./silver.ts");
        const result = await silver(context, object, blockMib);
        const outdated = await outdatedTables(context);
        return report(context, { ...result, outdated }, silverText, exitCodeOf(result));
      }),
    );
}

function silverText(result: WithOutdated<SilverResult>, screen: Screen): string {
  const unknown = unknownTableLines(result.unknown, screen).map((line) => `${line}\n`);
  return [processedAndOutdatedText(result, screen), ...unknown].join("");
}
