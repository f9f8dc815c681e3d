/** `lakehouse quarantine`: why records were refused. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number } from "@lakehouse/terminal/words";
import {
  examples,
  type Run,
  report,
  requireLake,
  samplesOption,
  tableNamed,
} from "../../command.ts";
import type { QuarantineResult } from "./quarantine.ts";

export function quarantineCommand(run: Run) {
  return new Command("quarantine")
    .summary("show why records were refused")
    .description(
      "Counts the refused records by column and rule, with samples. A record with several reasons " +
        "counts for each of them.",
    )
    .argument("[table]", "the table (default: all)")
    .addOption(samplesOption())
    .addHelpText(
      "after",
      examples(
        ["quarantine", "all reasons"],
        ["quarantine orders --samples 5", "one table, with more samples"],
        [
          "query \"select raw from quarantine_orders where rule = 'range'\"",
          "the records themselves",
        ],
      ),
    )
    .action((name, { samples }) =>
      run(async (context) => {
        const { catalog } = context;
        const tables = name === undefined ? catalog.tables : [tableNamed(catalog, name)];
        requireLake(context);
        const { quarantine } = await import("./quarantine.ts");
        return report(context, await quarantine(context, tables, samples), quarantineText);
      }),
    );
}

function quarantineText({ records, reasons }: QuarantineResult, screen: Screen): string {
  if (records === 0) {
    return "Nothing is in quarantine.\n";
  }
  const right = "right" as const;
  const rows = reasons.flatMap(({ table, column, rule, count, samples }) => {
    const shown = samples.map((each) => [each.message, each.raw ?? `(base64) ${each.raw_base64}`]);
    const [first = ["", ""], ...others] = shown;
    return [
      [table, column ?? "", rule, { text: number(count), emphasis: "warning" as const }, ...first],
      ...others.map((each) => ["", "", "", "", ...each]),
    ];
  });
  const titles = [
    { title: "table", optional: true },
    { title: "column", optional: true },
    { title: "rule", optional: true },
    { title: "records", alignment: right, optional: true },
    { title: "example", optional: true },
    { title: "record", optional: true },
  ];
  return `${counted(records, "record")} in quarantine\n${textTable(titles, rows, screen)}`;
}
