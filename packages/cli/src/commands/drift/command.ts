/** `lakehouse drift`: what records have that contracts do not read. */
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number, oneLine } from "@lakehouse/terminal/words";
import {
  calendarDate,
  examples,
  type Run,
  report,
  requireLake,
  samplesOption,
  tableNamed,
} from "../../command.ts";
import type { TableDrift } from "./drift.ts";

export function driftCommand(run: Run) {
  return new Command("drift")
    .summary("show keys and types in Bronze that no contract reads")
    .description(
      "Reads Bronze, and lists the keys of records that a table's contract does not read, and the types of values that " +
        "its columns refuse: in how many records, since when, and examples. Of keys that look like personal data it shows " +
        "no values. Nothing is written.",
    )
    .argument("[table]", "the table (default: all)")
    .option("--from <date>", "the first day of arrival, UTC: yyyy-MM-dd", calendarDate)
    .addOption(samplesOption())
    .addHelpText(
      "after",
      examples(
        ["drift", "all tables"],
        ["drift orders --from 2026-01-31", "one table, since a day"],
        ["drift orders --json", "for programs"],
      ),
    )
    .action((name, options) =>
      run(async (context) => {
        const { catalog } = context;
        const tables = name === undefined ? catalog.tables : [tableNamed(catalog, name)];
        requireLake(context);
        const { drift } = await import("./drift.ts");
        const result = await drift(context, tables, options);
        return report(context, { tables: result }, ({ tables: all }, screen) =>
          all.map((each) => driftText(each, screen)).join("\n"),
        );
      }),
    );
}

function driftText({ table, objects, records, found }: TableDrift, screen: Screen): string {
  const read = `${counted(records, "record")} in ${counted(objects, "object")}`;
  if (found.length === 0) {
    return `${table}: the contract reads everything of ${read}.\n`;
  }
  const rows = found.map((each) => [
    oneLine(each.key),
    each.types.join(", "),
    { text: number(each.records), emphasis: "warning" as const },
    each.firstSeen,
    each.column === null ? "no column reads it" : `${each.column} refuses this type`,
    each.examples.join(", "),
  ]);
  const titles = [
    { title: "key" },
    { title: "type" },
    { title: "records", alignment: "right" as const },
    { title: "first seen", optional: true },
    { title: "", optional: true },
    { title: "examples", optional: true },
  ];
  return `${table}: ${read}\n${textTable(titles, rows, screen)}`;
}
