/** `lakehouse ui`: the page, live, on this machine. */
import { Command } from "@commander-js/extra-typings";
import { examples, type Run, requireLake, wholeNumber } from "../../command.ts";
import { UsageError } from "../../errors.ts";

export function uiCommand(run: Run) {
  return new Command("ui")
    .summary("show the lake in the browser")
    .description(
      "Serves a page about the lake: flow, freshness, quarantine with every record, contracts, lineage with checks, rows " +
        "with charts, versions, audit and SQL. It only reads, and only programs on this machine can reach it: all of them, so " +
        "do not run it where others work, too. Ctrl-C ends it.",
    )
    .option("--port <port>", "the port (default: any free one)", wholeNumber(1, 65_535))
    .option("--open", "open the page in the browser", false)
    .addHelpText(
      "after",
      examples(
        ["ui --open", "the lake in .lake"],
        ["--env prod ui", "a deployed lake, with your own credentials"],
        ["ui --port 8080", "an address that stays the same"],
      ),
    )
    .action(({ port = 0, open }) =>
      run(async (context) => {
        if (context.json) {
          throw new UsageError("ui has nothing to print as JSON", "Leave out --json.");
        }
        requireLake(context);
        const { shownPage } = await import("./shown-page.ts");
        return { output: shownPage(context, { port, open }), endsBySignal: true };
      }),
    );
}
