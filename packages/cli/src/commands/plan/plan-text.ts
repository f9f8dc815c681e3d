/** What `plan` and `apply` print about a plan. */
import type { Screen } from "@lakehouse/terminal/screen";
import { bytes, counted } from "@lakehouse/terminal/words";
import type { Context } from "../../context.ts";
import { replayCommand } from "../../outdated.ts";
import { retiredText } from "../gold/retired.ts";
import type { Plan, PlannedModel, PlannedTable } from "./plan.ts";

/** Where a plan is applied. */
type Where = Pick<Context, "commandLine" | "environment">;

/** The plan, and what to do next. */
export function planText(plan: Plan, where: Where, screen: Screen): string {
  return [
    ...planLines(plan, screen),
    ...nextStep(plan, where.commandLine),
    ...remoteReplayLines(plan, where),
    "",
  ].join("\n");
}

/** How AWS replays what this machine would replay otherwise. None for a lake that is not deployed. */
export function remoteReplayLines({ tables }: Plan, where: Where): readonly string[] {
  const outdated = tables.filter(({ replayed }) => replayed.objects > 0);
  return where.environment === undefined || outdated.length === 0
    ? []
    : [
        "apply replays on this machine. To have AWS do that, run this after the deployment and before apply:",
        ...outdated.map(({ name }) => `  ${replayCommand(where, name)}`),
      ];
}

/** The plan alone. */
export function planLines(plan: Plan, screen: Screen): readonly string[] {
  const { tables, models, retired, lake, exists } = plan;
  const changed = [...tables, ...models].filter(({ isChanged }) => isChanged);
  const notCompared = plan.hasMistakes
    ? [screen.paint("warning", "What has a mistake was not compared.")]
    : [];
  if (changed.length + retired.length === 0) {
    return plan.hasMistakes
      ? ["Nothing to do for the other tables and models.", ...notCompared]
      : ["Nothing to do: the lake is what contracts and models say."];
  }
  const heading = exists
    ? `Contracts and models, compared with ${lake}:`
    : `There is no lake in ${lake} yet, so everything is new:`;
  return [
    heading,
    ...tables.flatMap((table) => (table.isChanged ? tableLines(table, screen) : [])),
    ...models.flatMap((model) => (model.isChanged ? modelLines(model, screen) : [])),
    ...retired.map((each) =>
      screen.paint("warning", `- ${retiredText(each)} is no longer defined`),
    ),
    ...notCompared,
  ];
}

function nextStep({ isChanged, retired }: Plan, commandLine: string): readonly string[] {
  if (isChanged) {
    return [`Nothing was changed. To do it: ${commandLine} apply`];
  }
  return retired.length === 0 ? [] : [`To remove what is no longer defined: ${commandLine} apply`];
}

const signs = { new: "+", changed: "~", current: "~" } as const;

function tableLines(table: PlannedTable, screen: Screen): readonly string[] {
  const { name, freshness, rebuilt, replayed, unmerged, waiting } = table;
  return [
    `${signs[freshness]} table ${name}${freshness === "new" ? ": new" : ""}`,
    ...columnLines(table, screen),
    ...ruleLines(table, screen),
    ...(waiting > 0 ? [`    process ${counted(waiting, "new bronze object")}`] : []),
    ...(replayed.objects > 0
      ? [
          `    replay ${counted(replayed.objects, "object")} that an older contract made (${bytes(replayed.bytes)} of silver)`,
        ]
      : []),
    ...(unmerged.objects > 0
      ? [`    merge ${counted(unmerged.objects, "new silver object")} (${bytes(unmerged.bytes)})`]
      : []),
    ...rebuiltLines(rebuilt, "merge again"),
  ];
}

/** What changes besides the columns. */
function ruleLines(table: PlannedTable, screen: Screen): readonly string[] {
  const { freshness, rules, columns, replayed, areColumnsKnown, areRulesKnown } = table;
  const known = rules.map(({ rule, from, to }) => {
    const warning =
      rule === "primaryKey"
        ? screen.paint("warning", " BREAKING: rows are told apart in another way")
        : "";
    return `    ~ ${rule} ${from || "none"} → ${to || "none"}${warning}`;
  });
  if (freshness !== "changed") {
    const isRuled = columns.length === 0 && replayed.objects > 0;
    return isRuled ? ["    how records are read, or what is accepted, changed"] : [];
  }
  if (!(areColumnsKnown && areRulesKnown)) {
    const what = areColumnsKnown ? "key, partitioning and order" : "columns, key and partitioning";
    return [...known, `    an earlier version did not note its ${what}, which may have changed`];
  }
  return rules.length + columns.length > 0
    ? known
    : ["    its deleteWhen or keysNeverMove changed"];
}

function modelLines(model: PlannedModel, screen: Screen): readonly string[] {
  const { name, childOf, freshness, rebuilt, because, areColumnsKnown, columns } = model;
  const states = {
    new: ": new",
    changed: ": its definition changed",
    current: ` reads ${because.join(", ")}`,
  };
  return [
    `${signs[freshness]} ${childOf === undefined ? "model" : `child of ${childOf},`} ${name}${states[freshness]}`,
    ...columnLines(model, screen),
    ...(freshness === "changed" && !areColumnsKnown
      ? ["    an earlier version did not note its columns"]
      : []),
    ...(freshness === "changed" && areColumnsKnown && columns.length === 0
      ? ["    its columns stay; its SQL, checks, materialization or format changed"]
      : []),
    ...rebuiltLines(rebuilt, "build"),
  ];
}

function rebuiltLines(
  { partitions, of, files, bytes: size, isMinimum }: PlannedTable["rebuilt"],
  verb: string,
): readonly string[] {
  if (partitions === 0 || (of === 1 && files === 0)) {
    return [];
  }
  const what = of === 1 ? "all of it" : `${partitions} of ${counted(of, "partition")}`;
  const now = files === 0 ? "" : `, now ${counted(files, "file")} with ${bytes(size)}`;
  const more = isMinimum && of > 1 ? ", and those of new records" : "";
  return [`    ${verb} ${what}${now}${more}`];
}

function columnLines(
  { columns }: Pick<PlannedTable, "columns">,
  screen: Screen,
): readonly string[] {
  return columns.map((each) => {
    const [text, problem] = columnChange(each);
    const warning = problem === undefined ? "" : screen.paint("warning", ` BREAKING: ${problem}`);
    return `    ${text}${warning}`;
  });
}

/** A change, and what it breaks. */
function columnChange(
  change: PlannedTable["columns"][number],
): readonly [text: string, problem?: string | undefined] {
  const { column } = change;
  switch (change.change) {
    case "added":
      return [
        `+ column ${column} ${change.to}`,
        change.isRequired ? "records without it will be refused" : undefined,
      ];
    case "removed":
      return [`- column ${column} ${change.from}`, "readers of it will fail"];
    case "retyped":
      return [
        `~ column ${column} ${change.from} → ${change.to}`,
        change.isWider ? undefined : "readers of it may fail",
      ];
  }
}
