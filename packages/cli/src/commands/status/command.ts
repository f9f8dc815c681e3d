/** `lakehouse status`: what the lake holds. */
import { Command } from "@commander-js/extra-typings";
import type { AthenaModel } from "@lakehouse/silver-gold/athena-builds";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { ago, bytes, counted, duration, number } from "@lakehouse/terminal/words";
import { examples, type Run, report, requireLake } from "../../command.ts";
import { onThisLake } from "../../command-line.ts";
import { outdatedText } from "../../outdated.ts";
import { unknownTableLines } from "../../output/processed.ts";
import { retiredLines } from "../gold/retired.ts";
import type { LastRun, StatusResult } from "./status.ts";

export function statusCommand(run: Run) {
  return new Command("status")
    .summary("show what the lake holds")
    .description(
      "Shows what each layer holds and how old it is, how many bronze objects are not processed yet, " +
        "how many silver objects an older contract made, and the latest gold run.",
    )
    .addHelpText(
      "after",
      examples(
        ["status", "for people"],
        ["status --json | jq .backlog", "for programs"],
        ["status --env dev", "a deployed lake"],
      ),
    )
    .action(() =>
      run(async (context) => {
        requireLake(context);
        const { status } = await import("./status.ts");
        return report(context, await status(context, new Date()), (result, screen) =>
          statusText(result, context.commandLine, screen),
        );
      }),
    );
}

function statusText(result: StatusResult, commandLine: string, screen: Screen): string {
  const { layers, backlog, unknown, retired, outdated, athena, lastRun } = result;
  const right = "right" as const;
  const rows = layers.map(({ layer, name, objects, bytes: size, rows: inside, ageSeconds }) => [
    layer === "quarantine" && objects > 0 ? { text: layer, emphasis: "warning" as const } : layer,
    name,
    number(objects),
    bytes(size),
    inside === undefined ? "" : number(inside),
    ageSeconds === null ? "" : ago(ageSeconds),
  ]);
  const titles = [
    { title: "layer" },
    { title: "name" },
    { title: "objects", alignment: right },
    { title: "size", alignment: right },
    { title: "rows", alignment: right, optional: true },
    { title: "newest", optional: true },
  ];
  return [
    `${textTable(titles, rows, screen)}${onThisLake(backlogText(backlog, screen), commandLine)}`,
    ...unknownTableLines(unknown, screen),
    `${outdatedText(outdated, screen)}${onThisLake(runText(lastRun, screen), commandLine)}`,
    ...athena.map((model) => athenaText(model, screen)),
    ...retiredLines({ retired, removed: [] }, commandLine, screen),
    "",
  ].join("\n");
}

/** What a model on Athena cost, and what became of its query since. Exported for tests. */
export function athenaText({ model, isBuilt, build, query }: AthenaModel, screen: Screen): string {
  const since = (moment: string) => ago(Math.round((Date.now() - Date.parse(moment)) / 1_000));
  const built =
    build === null
      ? isBuilt
        ? "built by DuckDB; in a deployment, Athena builds it"
        : "not built yet"
      : `built by Athena ${since(build.at)}, which read ${bytes(build.bytesScanned)}, cost $${build.usd.toFixed(4)} and took ${duration(build.milliseconds / 1_000)}`;
  const id = query?.query === null ? "" : ` ${query?.query}`;
  const open =
    query === null
      ? ""
      : query.problem === null
        ? ` Its query${id} was started ${since(query.since)}, and goes on.`
        : ` ${screen.paint("warning", `Its last query${id} failed: ${query.problem}.${costText(query)}`)}`;
  return `Model ${model}: ${built}.${open}`;
}

function costText({ bytesScanned, usd }: NonNullable<AthenaModel["query"]>): string {
  return bytesScanned === 0 ? "" : ` It read ${bytes(bytesScanned)} and cost $${usd.toFixed(4)}.`;
}

function backlogText(backlog: number, screen: Screen): string {
  return backlog === 0
    ? "Backlog: none."
    : screen.paint(
        "warning",
        `Backlog: ${counted(backlog, "bronze object")} to process (lakehouse silver).`,
      );
}

function runText(run: LastRun | null, screen: Screen): string {
  if (run === null) {
    return screen.paint("warning", "No gold run yet (lakehouse gold).");
  }
  const published = run.published
    ? ""
    : ` ${screen.paint("warning", "Its publication is not finished (lakehouse gold).")}`;
  const unfinished = run.unfinished
    ? ` ${screen.paint("warning", "Since then silver was read for a rebuild that is not finished (lakehouse gold).")}`
    : "";
  return (
    `Latest gold run: number ${run.sequence}, ${ago(run.ageSeconds)}, ` +
    `${counted(run.newObjects, "new object")}, ${counted(run.currentRows, "current row")}.${published}${unfinished}`
  );
}
