/** `lakehouse export`: a table or model as one file. */
import { Command, Option } from "@commander-js/extra-typings";
import { bytes, counted } from "@lakehouse/terminal/words";
import { examples, type Run, report, requireLake } from "../../command.ts";
import { exportFormats } from "./formats.ts";

export function exportCommand(run: Run) {
  return new Command("export")
    .summary("write a table or model to one file")
    .description(
      "Writes all rows of a table or model to one file, as query would read them: TABLE (the current rows), " +
        "silver_TABLE, quarantine_TABLE or a gold model. The file appears when it is complete. A file that is there " +
        "is not overwritten.",
    )
    .argument("<table>", "a name that query can read")
    .addOption(
      new Option(
        "--format <format>",
        "parquet, csv with a header, or a DuckDB database with the table",
      )
        .choices(exportFormats)
        .default("parquet" as const),
    )
    .option("--to <path>", "the file, or the folder for it (default: TABLE.FORMAT in this folder)")
    .option("--force", "overwrite a file that is there", false)
    .addHelpText(
      "after",
      examples(
        ["export orders", "current rows as orders.parquet"],
        ["export daily_sales --format csv --to /tmp/sales.csv", "a model as CSV"],
        ["--env prod export orders --format duckdb --force", "a deployed table as orders.duckdb"],
      ),
    )
    .action((name, options) =>
      run(async (context) => {
        requireLake(context);
        const { exportTable } = await import("./export.ts");
        const result = await exportTable(context, name, options);
        return report(
          context,
          result,
          ({ rows, path, bytes: size }) =>
            `Wrote ${counted(rows, "row")} of ${name} to ${path} (${bytes(size)}).\n`,
        );
      }),
    );
}
