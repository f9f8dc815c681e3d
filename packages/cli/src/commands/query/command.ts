/** `lakehouse query`: SQL over the layers. */
import { Command, Option } from "@commander-js/extra-typings";
import { examples, type Run, requireLake } from "../../command.ts";
import { queryFormats } from "./format.ts";
import { query } from "./query.ts";

export function queryCommand(run: Run) {
  return new Command("query")
    .summary("run SQL over silver, current rows and gold")
    .description(
      "Runs one reading statement of DuckDB's SQL over silver_TABLE, TABLE (current rows: one for each " +
        "primary key), quarantine_TABLE and every gold model. Nothing is rounded: in JSON, whole numbers " +
        "beyond 2^53 and decimals are strings. Of a lake in S3, only what the query names is downloaded.",
    )
    .argument("<sql>", "one SELECT, DESCRIBE, SUMMARIZE or SHOW")
    .addOption(
      new Option("--format <format>", "of the rows; json is also what --json gives")
        .choices(queryFormats)
        .default("table" as const),
    )
    .addHelpText(
      "after",
      examples(
        ['query "select * from customer_summary limit 5"', "a model"],
        ['query "from daily_sales" --format csv > sales.csv', "a file"],
        ['query "show tables"', "what there is"],
        ['query "select rule, count(*) from quarantine_orders group by all"', "refused records"],
      ),
    )
    .action((sql, { format }) =>
      run(async (context) => {
        requireLake(context);
        const wanted = context.json ? "json" : format;
        const pieces = query(context, sql, wanted);
        // A JSON document is whole or not at all; the other formats come as they are read.
        return { output: wanted === "json" ? (await Array.fromAsync(pieces)).join("") : pieces };
      }),
    );
}
