/** `lakehouse try`: what a contract would make of a file. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import {
  blockMib,
  blockMibHelp,
  examples,
  type Run,
  recordFilesHelp,
  report,
  samplesOption,
  tableNamed,
} from "../../command.ts";
import type { TryResult } from "./try.ts";

export function tryCommand(run: Run) {
  return new Command("try")
    .summary("show what a contract refuses of a file")
    .description(
      "Reads files by a table's contract exactly as silver does, without a lake. Nothing is written. Counts " +
        "the rows, and the refused records by reason, with examples. Ends with exit code 1 if a record is refused.",
    )
    .argument("<table>", "the table whose contract to try")
    .argument("<files...>", recordFilesHelp)
    .addOption(samplesOption())
    .option("--block-mib <n>", blockMibHelp, blockMib)
    .addHelpText(
      "after",
      examples(
        ["try orders orders.ndjson", "exit code 0 if every record is accepted"],
        ["try orders january/*.ndjson.gz --samples 5", "many files, more examples"],
        ["generate orders | lakehouse try orders -", "from a pipe"],
      ),
    )
    .action((name, files, options) =>
      run(async (context) => {
        const table = tableNamed(context.catalog, name);
        const { tryFiles } = await import("./try.ts");
        const result = await tryFiles(context, table, files, options.samples, options.blockMib);
        return report(context, result, tryText, result.refused === 0 ? 0 : exitCodes.data);
      }),
    );
}

/** The counts, and a table of the reasons. */
export function tryText(result: TryResult, screen: Screen): string {
  const { table, files, records, rows, refused, dropped, warned, reasons } = result;
  const where = files === 1 ? "" : ` of ${number(files)} files`;
  const parts = [
    counted(rows, "row"),
    refused === 0 ? [] : screen.paint("warning", `${number(refused)} refused`),
    dropped === 0 ? [] : `${number(dropped)} dropped`,
    warned === 0 ? [] : `${number(warned)} with warnings`,
  ].flat();
  const summary = `${counted(records, "record")}${where} for ${table}: ${parts.join(", ")}\n`;
  if (refused === 0) {
    return summary;
  }
  const lines = reasons.flatMap(({ column, rule, count, samples }) => {
    const shown = samples.map(({ file, line, message, value }) => [
      files === 1 ? String(line) : `${file}:${line}`,
      message,
      value ?? "",
    ]);
    const [first = ["", "", ""], ...others] = shown;
    return [
      [column ?? "", rule, { text: number(count), emphasis: "warning" as const }, ...first],
      ...others.map((each) => ["", "", "", ...each]),
    ];
  });
  const titles = [
    { title: "column", optional: true },
    { title: "rule", optional: true },
    { title: "records", alignment: "right" as const, optional: true },
    { title: "line", optional: true },
    { title: "example", optional: true },
    { title: "value", optional: true },
  ];
  return `${summary}${textTable(titles, lines, screen)}`;
}
