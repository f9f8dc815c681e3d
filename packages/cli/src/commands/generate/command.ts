/** `lakehouse generate`: writes sample records to stdout. */
import { Command } from "@commander-js/extra-typings";
import { sampleGenerator } from "@lakehouse/tables/samples";
import { examples, type Run, tableNamed, wholeNumber } from "../../command.ts";
import { UsageError } from "../../errors.ts";
import { joinLines } from "./join-lines.ts";

export function generateCommand(run: Run) {
  return new Command("generate")
    .summary("write sample records as NDJSON")
    .description(
      "Writes sample records of a table to stdout as NDJSON. Some are broken, as real ones are. " +
        "The same seed gives the same records on every machine.",
    )
    .argument("<table>", "the table")
    .option("--records <n>", "the number of records", wholeNumber(0, 1_000_000_000), 1_000)
    .option("--seed <n>", "the seed of the random generator", wholeNumber(0, 4_294_967_295), 1)
    .addHelpText(
      "after",
      examples(
        ["generate orders --records 5000 --seed 1 > orders.ndjson", "a file"],
        ["generate orders --seed 7 | lakehouse ingest orders -", "straight into the lake"],
      ),
    )
    .action((name, { records, seed }) =>
      run(async ({ catalog, json }) => {
        const table = tableNamed(catalog, name);
        if (json) {
          throw new UsageError(
            "generate has no --json",
            "Leave it out: the output is NDJSON already.",
          );
        }
        return { output: joinLines(sampleGenerator(table)({ records, seed })) };
      }),
    );
}
