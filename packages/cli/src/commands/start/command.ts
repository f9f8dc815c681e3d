/** `lakehouse start`: what `npm start` runs. */
import { relative } from "node:path";
import { Command } from "@commander-js/extra-typings";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { counted, number } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { commandPrefix } from "@lakehouse/transforms/project";
import { examples, type Run, report } from "../../command.ts";
import { onThisLake } from "../../command-line.ts";
import { UsageError } from "../../errors.ts";
import { exitCodeOf } from "../../exit.ts";
import { outdatedText } from "../../outdated.ts";
import { failedText, unknownTableLines } from "../../output/processed.ts";
import { retiredLines } from "../gold/retired.ts";
import type { StartResult } from "./start.ts";

export function startCommand(run: Run) {
  return new Command("start")
    .summary("take samples through all layers")
    .description(
      "Sends sample records into bronze, processes them to silver and gold, and audits the lake. " +
        "Every start adds more samples. --fresh starts with an empty lake; it removes samples only.",
    )
    .option("--fresh", "empty the lake first", false)
    .option("--open", "then show the lake in the browser, as ui --open does", false)
    .addHelpText(
      "after",
      examples(
        ["start", "fill the lake in .lake, or add to it"],
        ["start --fresh", "start with an empty lake"],
        ["start --open", "and look at it in the browser"],
        ["start --lake /tmp/lake --json", "another lake, for programs"],
      ),
    )
    .action(({ fresh, open }) =>
      run(async (context) => {
        if (open && context.json) {
          throw new UsageError("--open and --json exclude each other", "Leave one of them out.");
        }
        const { start } = await import("./start.ts");
        const result = await start(context, fresh);
        const auditCode = result.audit.ok ? 0 : exitCodes.data;
        const exitCode = exitCodeOf(result.silver) || auditCode;
        const outcome = report(
          context,
          result,
          (each, screen) => startText(each, context.commandLine, screen),
          exitCode,
        );
        if (!open) {
          return outcome;
        }
        const { shownPage } = await import("../ui/shown-page.ts");
        return {
          output: both(outcome.output, shownPage(context, { port: 0, open })),
          exitCode,
          endsBySignal: true,
        };
      }),
    );
}

async function* both(
  first: string | AsyncIterable<string>,
  second: AsyncIterable<string>,
): AsyncGenerator<string> {
  yield* typeof first === "string" ? [first, "\n"] : first;
  yield* second;
}

function startText(result: StartResult, command: string, screen: Screen): string {
  const { directory, silver, gold, audit } = result;
  const place = relative(process.cwd(), directory) || ".";
  const where = place.startsWith("..") ? directory : place;
  const options = command.slice(commandPrefix.length);
  const again = options === "" ? "npm start" : `npm start --${options}`;
  const tables = Object.entries(silver.tables).sort(([a], [b]) => (a < b ? -1 : 1));
  const right = "right" as const;
  return [
    "",
    textTable(
      [
        { title: "this run" },
        { title: "records", alignment: right },
        { title: "rows", alignment: right },
        { title: "quarantined", alignment: right },
        { title: "dropped", alignment: right },
      ],
      tables.map(([table, { records, rows, quarantined, dropped }]) => [
        table,
        number(records),
        number(rows),
        quarantined === 0
          ? number(quarantined)
          : { text: number(quarantined), emphasis: "warning" as const },
        number(dropped),
      ]),
      screen,
    ).trimEnd(),
    reasonsText(result),
    "",
    textTable(
      [{ title: "gold" }, { title: "rows", alignment: right }],
      gold.models.map(({ name, rows }) => [name, number(rows)]),
      screen,
    ).trimEnd(),
    ...unknownTableLines(silver.unknown, screen),
    ...retiredLines(gold, command, screen),
    onThisLake(auditText(audit, screen), command),
    ...outdatedText(gold.outdated, screen).split("\n").slice(0, -1),
    ...failedText(silver.failed, screen),
    "",
    "Files",
    `  ${where}/bronze  records as they arrived (gzip)`,
    `  ${where}/silver  typed CSV, and _quarantine`,
    `  ${where}/gold    one folder for each model`,
    "",
    "Try next",
    `  ${command} query "select * from customer_summary order by total_spent desc limit 5"`,
    `  ${command} quarantine orders`,
    `  ${command} status`,
    `  ${again}  # more orders`,
    `  ${again}${again === "npm start" ? " --" : ""} --fresh  # start over`,
    "",
    `All of it in the browser: ${command} ui --open`,
    "",
  ].join("\n");
}

function reasonsText({ quarantine: { reasons } }: StartResult): string {
  const frequent = reasons.slice(0, 3).map(({ table, column, rule, count }) => {
    return `${[table, column].filter((each) => each !== null).join(".")}: ${rule} (${number(count)})`;
  });
  return frequent.length === 0
    ? "Nothing is in quarantine."
    : `Most frequent reasons in quarantine: ${frequent.join(", ")}`;
}

function auditText(
  { ok, objects, records, rows, quarantined, dropped, problems }: StartResult["audit"],
  screen: Screen,
): string {
  return ok
    ? `Audit: nothing is lost. ${counted(objects, "object")}: ${number(records)} records = ` +
        `${number(rows)} rows + ${number(quarantined)} quarantined + ${number(dropped)} dropped.`
    : screen.paint(
        "problem",
        `Audit: ${counted(problems.length, "problem")}; see lakehouse audit.`,
      );
}
