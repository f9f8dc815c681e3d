/** `lakehouse gold`: silver → gold. */

import { Command, Option } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { bytes, counted, duration, number } from "@lakehouse/terminal/words";
import { tablesPath } from "@lakehouse/transforms/project";
import { examples, type Run, report, wholeNumber } from "../../command.ts";
import { outdatedText } from "../../outdated.ts";
import type { GoldResult } from "./gold.ts";
import { confirmRemoval, retiredLines } from "./retired.ts";

export function goldCommand(run: Run) {
  return (
    new Command("gold")
      .summary("bring gold up to date")
      .description(
        "Merges new silver into current rows, builds the models that read the changed rows, and checks them. " +
          "Publishes all of them, or nothing if a check fails. Tables and models that are no longer defined stay " +
          "in gold as they are, unless you confirm their removal on a terminal or with --prune.",
      )
      .option("--rebuild", "rebuild all current rows and models from silver", false)
      .option(
        "--prune",
        `remove tables and models from gold that ${tablesPath} no longer defines`,
        false,
      )
      .option(
        "--only <model...>",
        "build only these models and those that they read; the others stay as published until the next full run",
      )
      .option(
        "--accept-decrease <name...>",
        "let these tables and models lose more rows, in this run, than their checks allow",
      )
      .option(
        "--memory-mib <n>",
        "MiB of memory that DuckDB uses before it spills to disk (default: 256)",
        wholeNumber(64, 65_536),
      )
      .option(
        "--workers <n>",
        "processes that share the work, each with its own memory; gold has the same bytes (default: one process)",
        wholeNumber(1, 64),
      )
      // So that tests need little silver.
      .addOption(new Option("--task-mib <n>").argParser(wholeNumber(1, 1_024)).hideHelp())
      // What a worker process is started with.
      .addOption(new Option("--worker").hideHelp())
      .option(
        "--slice-mib <n>",
        "MiB of silver that are read, committed and published at once, if there is more (default: 256)",
        wholeNumber(1, 65_536),
      )
      .option("--iceberg", "describe current rows as Iceberg tables too, from now on")
      .option("--no-iceberg", "remove that description")
      .option(
        "--retention-days <n>",
        "days in which earlier versions of current rows can be read, from now on (at first: 7)",
        wholeNumber(1, 3_650),
      )
      .option(
        "--pack-after <days>",
        "copy small silver objects that arrived more than this number of days ago into packs, which are read faster",
        wholeNumber(1, 3_650),
      )
      .addHelpText(
        "after",
        examples(
          ["gold", "build what is new"],
          ["gold --only daily_sales", "build one model, and what it reads"],
          ["gold --workers 4", "share a large backlog among four processes"],
          ["gold --rebuild", "build everything again, as after a repair by hand"],
          ["gold --accept-decrease orders", "publish although most rows of orders are gone"],
          ["gold --prune", "remove what is no longer defined, without asking"],
        ),
      )
      .action((settings) =>
        run(async (context) => {
          if (settings.worker === true) {
            const { worker } = await import("./workers.ts");
            return await worker(context, settings);
          }
          const { gold } = await import("./gold.ts");
          const prune =
            settings.prune || (settings.only === undefined && (await confirmRemoval(context)));
          return report(context, await gold(context, { ...settings, prune }), (result, screen) =>
            goldText(result, context.commandLine, screen),
          );
        }),
      )
  );
}

const outcomes: Readonly<Record<GoldResult["outcome"], string>> = {
  published: "Published.",
  "nothing-new": "Nothing new. Gold is up to date.",
  unfinished: "Not published yet, because more silver has to be read first. Run again to go on.",
  superseded: "Not published, because another run was faster. Run again to publish what it missed.",
};

/** What the command prints. */
export function goldText(result: GoldResult, commandLine: string, screen: Screen): string {
  const { newObjects, currentRows, models, outcome, outdated, packed } = result;
  const right = "right" as const;
  const rows = models.map(({ name, rows, partitions, built }) => [
    name,
    number(rows),
    number(partitions),
    number(built),
  ]);
  const titles = [
    { title: "model" },
    { title: "rows", alignment: right },
    { title: "partitions", alignment: right },
    { title: "built now", alignment: right },
  ];
  const ending = outcomes[outcome];
  return (
    `${counted(newObjects, "new silver object")}, ${counted(currentRows, "current row")}\n` +
    [
      `${textTable(titles, rows, screen)}${outcome === "superseded" ? screen.paint("warning", ending) : ending}`,
      ...retiredLines(result, commandLine, screen),
      ...athenaLines(result, screen),
      ...(packed === undefined
        ? []
        : [
            `Copied ${counted(packed.objects, "silver object")} into ${counted(packed.packs, "pack")}.`,
          ]),
      outdatedText(outdated, screen),
    ].join("\n")
  );
}

/** What became of the models that Athena builds. Those that failed are an error. */
function athenaLines({ athena = [] }: GoldResult, screen: Screen): string[] {
  return athena.map(({ model, state, query, bytesScanned, milliseconds }) =>
    state === "built"
      ? `Athena built ${model} in ${duration(milliseconds / 1000)}, from ${bytes(bytesScanned)}.`
      : screen.paint(
          "warning",
          `Athena has not built ${model} yet${query === undefined ? "" : ` (query ${query})`}. The next run goes on with it.`,
        ),
  );
}
