/** `lakehouse dev`: checks, runs and shows each edit. */
import { Command, Option } from "@commander-js/extra-typings";
import { examples, type Run } from "../../command.ts";
import { UsageError } from "../../errors.ts";

export function devCommand(run: Run) {
  return new Command("dev")
    .summary("check, run and show each edit of tables and models")
    .description(
      "Watches contracts, models and sample files. After each edit it checks everything, takes the samples through all " +
        "layers, and shows the models that changed. Mistakes come with file and line, and the lake stays as it was. It works " +
        "on .lake-dev, which it makes from the samples when it starts, or with --lake on what that lake holds. Ctrl-C ends it.",
    )
    .argument(
      "[samples]",
      "a folder of sample files: TABLE.ndjson, TABLE.csv, TABLE/… (default: generated)",
    )
    .addOption(new Option("--tables <folder>", "the folder with the tables' folders").hideHelp())
    .addHelpText(
      "after",
      examples(
        ["dev", "with generated samples"],
        ["dev samples/", "with your own: samples/orders.ndjson"],
        ["dev --lake .lake", "on the lake that you have"],
      ),
    )
    .action((samples, { tables }) =>
      run(async (context) => {
        const { json, environment, location, hasOwnLocation } = context;
        if (json || environment !== undefined || location === "s3") {
          throw new UsageError(
            json ? "dev prints for people" : "dev needs a lake in a directory",
            json ? "Leave out --json." : "Leave out --env, and name a directory with --lake.",
          );
        }
        const { dev } = await import("./dev.ts");
        const lake = hasOwnLocation === true ? location : undefined;
        return { output: dev(context, { samples, lake, tables }) };
      }),
    );
}
