/** `lakehouse schema`: what producers may send to a table, as a JSON Schema. */
import { Command, Option } from "@commander-js/extra-typings";
import { jsonDocument } from "@lakehouse/terminal/words";
import { jsonSchemaOf } from "@lakehouse/transforms/contract/json-schema";
import { examples, type Run, tableNamed } from "../../command.ts";

export function schemaCommand(run: Run) {
  return new Command("schema")
    .summary("print the JSON Schema of a table's records")
    .description(
      "Prints what producers may send to a table, as a JSON Schema (2020-12): types, accepted spellings, ranges, required " +
        "keys and envelopes. It accepts every record that the contract accepts. Rules over several columns are in its description.",
    )
    .argument("<table>", "the table")
    .addOption(
      new Option("--format <format>", "what to print")
        .choices(["json-schema"])
        .default("json-schema"),
    )
    .addHelpText(
      "after",
      examples(
        ["schema orders", "the schema on stdout"],
        ["schema orders > orders.schema.json", "a file for producers"],
        ["init shop_orders --json-schema orders.schema.json", "and back to a contract"],
      ),
    )
    .action((name) =>
      run(async ({ catalog }) => ({
        output: jsonDocument(jsonSchemaOf(tableNamed(catalog, name))),
      })),
    );
}
