/** `lakehouse forget`: removes records from every layer. */
import { Command } from "@commander-js/extra-typings";
import { isYes } from "@lakehouse/terminal/ask";
import type { Screen } from "@lakehouse/terminal/screen";
import { textTable } from "@lakehouse/terminal/text-table";
import { bytes, counted, number } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { examples, type Run, report, requireLake, tableNamed } from "../../command.ts";
import { UsageError } from "../../errors.ts";
import type { Forgotten, Preview } from "./forget.ts";
import { plannedRecords } from "./plan.ts";

export function forgetCommand(run: Run) {
  return new Command("forget")
    .summary("remove records from every layer, for good")
    .description(
      "Finds the records of a table that fulfil a condition, shows what would be rewritten, and asks. Then removes " +
        "them from bronze, silver, quarantine, current rows, children, models, and from earlier versions of all these. " +
        "If it is interrupted, the same command without --where goes on.",
    )
    .argument("<table>", "the table")
    .option("--where <condition>", "an SQL condition over the values as records have them")
    .option("--yes", "do it without asking", false)
    .addHelpText(
      "after",
      examples(
        ['forget orders --where "customer_id = 42"', "show, ask, and remove"],
        ["forget orders --where \"email = 'a@example.com'\" --yes", "without asking"],
        ["forget orders --yes", "go on after an interruption"],
      ),
    )
    .action((name, { where, yes }) =>
      run(async (context) => {
        const table = tableNamed(context.catalog, name);
        requireLake(context);
        const { findForgotten, forget, underWay } = await import("./forget.ts");
        const left = await underWay(context, table);
        if (left === undefined && where === undefined) {
          throw new UsageError(
            `Nothing of ${name} is being removed, and there is no --where`,
            `Say which records: lakehouse forget ${name} --where "customer_id = 42".`,
          );
        }
        if (left !== undefined && where !== undefined) {
          throw new UsageError(
            `An earlier command that removes ${counted(plannedRecords(left.plan), "record")} of ${name} was interrupted`,
            `Finish it first: lakehouse forget ${name} --yes. Then run this one again.`,
          );
        }
        const preview = left ?? (await findForgotten(context, table, where ?? ""));
        const { objects } = preview.plan;
        const isEmpty = objects.length === 0;
        const question = `${previewText(preview, context.screen)}Remove them for good? [y/N] `;
        const isWanted = !isEmpty && (yes || isYes((await context.ask?.(question)) ?? ""));
        if (!isWanted) {
          return report(context, preview, (found, screen) =>
            isEmpty
              ? `${previewText(found, screen)}Nothing to remove.\n`
              : `${previewText(found, screen)}Nothing was removed. With --yes it is.\n`,
          );
        }
        const done = await forget(context, table, preview);
        const isWhole = done.locked === 0 && done.replaced.length === 0;
        return report(context, done, doneText, isWhole ? 0 : exitCodes.data);
      }),
    );
}

function previewText({ plan, isUnderWay, layers, gold, unread }: Preview, screen: Screen): string {
  const right = "right" as const;
  const titles = [
    { title: "layer" },
    { title: "objects", alignment: right },
    { title: "records", alignment: right },
    { title: "bytes", alignment: right },
  ];
  const rows = Object.entries(layers).map(([layer, part]) => [
    layer,
    number(part.objects),
    number(part.records),
    bytes(part.bytes),
  ]);
  const records = counted(plannedRecords(plan), "record");
  const first = unread.map(({ object, line }) => `  ${object}, line ${line}`);
  const isEmpty = plan.objects.length === 0;
  const parts = [
    textTable(titles, rows, screen).trimEnd(),
    `Gold is brought up to date: ${gold.join(", ")}. Its earlier versions are removed.`,
  ];
  return [
    isUnderWay
      ? `An interrupted command removes ${records} of ${plan.table}:`
      : `${records} of ${plan.table} ${plannedRecords(plan) === 1 ? "fulfils" : "fulfil"} the condition.${isEmpty ? "" : " To rewrite:"}`,
    ...(isEmpty ? [] : parts),
    ...(plan.unread === 0 ? [] : [unreadText(plan.unread, screen), ...first]),
    "",
  ].join("\n");
}

function unreadText(unread: number, screen: Screen): string {
  return screen.paint(
    "warning",
    `Not looked into, because they can't be read: ${counted(unread, "record")}.`,
  );
}

const beyond =
  "Not reached: replicas and copies of Bronze, exports, results of Athena queries, and what others have read. See docs/personal-data.md.";

function doneText(
  { table, records, objects, versions, locked, replaced, unread }: Forgotten,
  screen: Screen,
): string {
  const lines = [
    `Removed ${counted(records, "record")} of ${table} from ${counted(objects, "bronze object")}, and ${counted(versions, "earlier version")}.`,
    locked === 0
      ? []
      : screen.paint(
          "problem",
          `${counted(locked, "earlier version")} can't be removed yet: Object Lock, or a missing permission. Run lakehouse forget ${table} --yes again after that.`,
        ),
    replaced.length === 0
      ? []
      : [
          screen.paint(
            "problem",
            `Something else replaced ${counted(replaced.length, "object")} meanwhile. Records that fulfil the condition may still be there. Run the command with --where again:`,
          ),
          ...replaced.map((key) => `  ${key}`),
        ],
    unread === 0 ? [] : unreadText(unread, screen),
    beyond,
    "",
  ];
  return lines.flat().join("\n");
}
