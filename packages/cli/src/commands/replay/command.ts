/** `lakehouse replay`: bronze → silver again. */
import { setTimeout } from "node:timers/promises";
import { Command, Option } from "@commander-js/extra-typings";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import {
  blockMib,
  blockMibHelp,
  calendarDate,
  examples,
  type Run,
  report,
  requireLake,
  tableNamed,
} from "../../command.ts";
import type { Context, Outcome } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { exitCodeOf } from "../../exit.ts";
import { outdatedTables } from "../../outdated.ts";
import { processedAndOutdatedText } from "../../output/processed.ts";

export function replayCommand(run: Run) {
  return new Command("replay")
    .summary("process bronze objects again")
    .description(
      "Processes a table's bronze objects again, as after a change of its contract. Replaces their silver " +
        "and quarantine. The next gold run merges the changes. --outdated processes only objects whose silver " +
        "was made by an older contract, of one table or of all. --remote has the deployed function process them, beside new " +
        "objects and with a concurrency of its own. It goes on when this command ends.",
    )
    .argument("[table]", "the table; may be left out with --outdated")
    .option("--outdated", "only objects whose silver was made by an older contract", false)
    .option("--since, --from <date>", "first day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--until, --to <date>", "last day of arrival (UTC), yyyy-MM-dd", calendarDate)
    .option("--block-mib <n>", blockMibHelp, blockMib)
    .addOption(
      new Option("--remote", "let the deployed function of --env do it")
        .default(false)
        .conflicts("blockMib"),
    )
    .option("--no-wait", "with --remote or --resume: end when all objects are sent")
    .addOption(stateOption("--status [id]", "the state of a replay; default: of the latest"))
    .addOption(stateOption("--pause", "pause the replays of an environment"))
    .addOption(
      stateOption("--resume [id]", "end the pause, and send what a stopped replay has not"),
    )
    .addHelpText(
      "after",
      examples(
        ["replay orders --outdated", "what an older contract made"],
        ["replay orders", "all objects of a table"],
        ["replay orders --since 2026-01-01 --until 2026-01-31", "what arrived in a month"],
        ["replay orders --remote --env prod", "on AWS, while new objects are processed"],
        ["replay --status --env prod", "how far it is, and what failed"],
      ),
    )
    .action((name, options) =>
      run(async (context) => {
        checkOptions(context.catalog, name, options);
        if (options.remote || stateOf(options) !== undefined) {
          return await remote(context, name, options);
        }
        const tables = tablesOf(context.catalog, name, options.outdated);
        requireLake(context);
        const { replay } = await import("./replay.ts");
        const result = await replay(context, tables, options);
        const outdated = await outdatedTables(context, tables);
        return report(
          context,
          { ...result, outdated },
          processedAndOutdatedText,
          exitCodeOf(result),
        );
      }),
    );
}

/** The options that choose what to do with the deployed queue. */
interface RemoteChoice {
  readonly outdated: boolean;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly remote: boolean;
  readonly wait: boolean;
  readonly status?: string | true | undefined;
  readonly pause?: true | undefined;
  readonly resume?: string | true | undefined;
}

const stateOptions = ["status", "pause", "resume"] as const;

/** An option that is about a replay that exists. */
function stateOption<Flags extends string>(flags: Flags, description: string) {
  const option = new Option(flags, description);
  const others = stateOptions.filter((name) => name !== option.attributeName());
  return option.conflicts([...others, "from", "to", "outdated", "blockMib"]);
}

/** The option that is about a replay that exists, if there is one. */
function stateOf(options: RemoteChoice): (typeof stateOptions)[number] | undefined {
  return stateOptions.find((name) => options[name] !== undefined);
}

/** @throws UsageError for options that do not fit together, or that are written as a table. */
function checkOptions(catalog: Catalog, name: string | undefined, options: RemoteChoice): void {
  const { from, to, remote: isRemote, wait } = options;
  const state = stateOf(options);
  if (from !== undefined && to !== undefined && from > to) {
    throw new UsageError("--from is later than --to", "Swap them.");
  }
  if (name !== undefined && state !== undefined) {
    throw new UsageError(
      `--${state} is about a replay, and not about a table`,
      `Leave ${name} out. With the id of a replay: --${state} ID.`,
    );
  }
  const meant = stateOptions.find((each) => each === name);
  if (meant !== undefined && !catalog.tables.some((table) => table.name === name)) {
    throw new UsageError(`There is no table ${meant}`, `Write it as an option: --${meant}.`);
  }
  if (!wait && !isRemote && state !== "resume") {
    throw new UsageError(
      "--no-wait needs --remote or --resume",
      "Leave it out, or add one of them.",
    );
  }
}

/** Works with the deployed queue. */
async function remote(
  context: Context,
  name: string | undefined,
  options: RemoteChoice,
): Promise<Outcome> {
  const { status, pause, resume, wait } = options;
  const { environment = "", commandLine } = context;
  const { openQueue, pauseReplays, replayStatus, resumeReplay, startReplay } = await import(
    "./remote/remote.ts"
  );
  const { pausedText, replayText } = await import("./remote/text.ts");
  const clock = {
    now: Date.now,
    // Ends early when the user wants to stop: whoever waits asks for that next.
    wait: (milliseconds: number) =>
      setTimeout(milliseconds, undefined, { signal: context.signal }).catch(() => {}),
  };
  const idOf = (id: string | true): string | undefined => (id === true ? undefined : id);
  const tables =
    stateOf(options) === undefined ? tablesOf(context.catalog, name, options.outdated) : [];
  const queue = await openQueue(context);
  if (pause === true) {
    return report(context, await pauseReplays(queue), pausedText(commandLine));
  }
  const summary =
    status !== undefined
      ? await replayStatus(context, queue, idOf(status))
      : resume !== undefined
        ? await resumeReplay(context, queue, idOf(resume), wait, clock)
        : await startReplay(context, queue, tables, options, clock);
  const failed = summary.state === "ended" ? summary.leftObjects : [];
  return report(context, summary, replayText(environment, commandLine), exitCodeOf({ failed }));
}

/** The tables to replay. @throws UsageError */
function tablesOf(catalog: Catalog, name: string | undefined, outdated: boolean): readonly Table[] {
  if (name !== undefined) {
    return [tableNamed(catalog, name)];
  }
  if (!outdated) {
    const names = catalog.tables.map((table) => table.name).join(", ");
    throw new UsageError(
      "replay needs a table",
      `Tables are: ${names}. With --outdated it works on all of them.`,
    );
  }
  return catalog.tables;
}
