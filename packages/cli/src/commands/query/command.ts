/** `lakehouse query`: SQL over the layers. */
import { Command, Option } from "@commander-js/extra-typings";
import { examples, type Run, requireLake } from "../../command.ts";
import { parsePoint } from "../../sql/point.ts";
import { queryFormats } from "./format.ts";

export function queryCommand(run: Run) {
  return new Command("query")
    .summary("run SQL over silver, current rows and gold")
    .description(
      "Runs one DuckDB statement that only reads, over silver_TABLE, TABLE (the current rows, one for each " +
        "primary key), quarantine_TABLE and every gold model. Nothing is rounded: in JSON, decimals and whole " +
        "numbers beyond 2^53 are strings. If the lake is in S3, only what the query reads is downloaded.",
    )
    .argument("[sql]", "one statement that reads: SELECT, FROM, PIVOT, SHOW, …")
    .option("--file <file>", "reads the statement from a file instead; - is stdin")
    .addOption(
      new Option("--format <format>", "how the rows are written; --json means json")
        .choices(queryFormats)
        .default("table" as const),
    )
    .option(
      "--at <version>",
      "reads tables as they were: a version (lakehouse history TABLE), or a time, in UTC unless it names its zone",
      parsePoint,
    )
    .addHelpText(
      "after",
      examples(
        ['query "select * from customer_summary limit 5"', "a model"],
        ['query "from daily_sales" --format csv > sales.csv', "a file"],
        ["query --file report.sql", "a statement in a file"],
        ['query "show tables"', "everything that a query can read"],
        ['query "from orders" --at 2026-11-01T06:00', "a table as it was"],
        ['query "select rule, count(*) from quarantine_orders group by all"', "refused records"],
      ),
    )
    .action((sql, { format, at, file }) =>
      run(async (context) => {
        requireLake(context);
        const wanted = context.json ? "json" : format;
        const { statementOf } = await import("./statement.ts");
        const { query } = await import("./query.ts");
        const pieces = query(context, await statementOf(context, sql, file), wanted, at);
        // A JSON document is printed whole or not at all. The other formats are streamed.
        return { output: wanted === "json" ? (await Array.fromAsync(pieces)).join("") : pieces };
      }),
    );
}
