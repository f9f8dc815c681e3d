/** `lakehouse history`: the versions of a table that can still be read. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { bytes, counted, number } from "@lakehouse/terminal/words";
import { examples, type Run, report, requireLake, wholeNumber } from "../../command.ts";
import type { HistoryResult } from "./history.ts";

export function historyCommand(run: Run) {
  return new Command("history")
    .summary("show the versions of a table")
    .description(
      "Shows the kept versions of a table, the latest first: when each was made and by which run, the rows and " +
        "files that came in and went out, and the size afterwards. A replaced row counts in both directions. So does " +
        "a row that had to be written again with others of its file. query --at reads a version.",
    )
    .argument("<table>", "a table")
    .option("--limit <number>", "the most versions to show (default: 20)", wholeNumber(1, 1e6), 20)
    .addHelpText(
      "after",
      examples(
        ["history orders", "the latest versions"],
        ["history orders --json | jq '.versions[].at'", "when each was made, for programs"],
        ['query "from orders" --at 12', "read one of them"],
      ),
    )
    .action((name, { limit }) =>
      run(async (context) => {
        requireLake(context);
        const { history } = await import("./history.ts");
        return report(context, await history(context, name, limit), historyText);
      }),
    );
}

function historyText({ versions, kept, published }: HistoryResult, screen: Screen): string {
  const right = "right" as const;
  const titles = [
    { title: "version", alignment: right },
    { title: "made at", overflow: "keep" as const },
    { title: "run", alignment: right },
    { title: "operation", overflow: "keep" as const },
    ...["rows in", "rows out", "rows", "files in", "files out", "files", "size"].map((title) => ({
      title,
      alignment: right,
    })),
  ];
  const rows = versions.map((each) => [
    number(each.version),
    each.at,
    number(each.run),
    each.operation,
    number(each.rowsIn),
    number(each.rowsOut),
    number(each.rows),
    number(each.filesIn),
    number(each.filesOut),
    number(each.files),
    bytes(each.bytes),
  ]);
  return [
    textTable(titles, rows, screen).trimEnd(),
    ...(versions.length < kept
      ? [`the latest ${number(versions.length)} of ${counted(kept, "version")}; --limit shows more`]
      : []),
    ...(published
      ? []
      : [
          screen.paint(
            "warning",
            "The latest version is not published yet. The next gold run publishes it.",
          ),
        ]),
    "",
  ].join("\n");
}
