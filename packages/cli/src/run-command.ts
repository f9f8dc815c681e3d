/** Runs a command: makes its context from the process, handles signals, and cleans up. */
import { tmpdir } from "node:os";
import { directoryOf, openLake } from "@lakehouse/lake/lake";
import type { Lake } from "@lakehouse/lake/object-store";
import { type PersonalKeySettings, personalKeyFinder } from "@lakehouse/lake/personal-key";
import { openScratch } from "@lakehouse/lake/scratch";
import { type TableMistake, uniqueMistakes } from "@lakehouse/tables/table-mistake";
import { ask } from "@lakehouse/terminal/ask";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import type { MistakePolicy } from "./command.ts";
import { commandLineOf } from "./command-line.ts";
import type { Context, Outcome } from "./context.ts";
import { findDeployedLake, settingsOf } from "./deployed-environment.ts";
import { InterruptedError, UsageError } from "./errors.ts";
import { noProgress, terminalProgress } from "./output/progress.ts";
import { Strays } from "./output/strays.ts";
import { writeOutput } from "./output/write-output.ts";
import type { GlobalOptions } from "./program.ts";
import type { Runtime } from "./runtime.ts";

/** The user's tables and models. */
export type Tables = Pick<Context, "catalog" | "mistakes">;

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const signals = Object.keys(signalNumbers) as (keyof typeof signalNumbers)[];
/** How long a command may take to stop after a signal. */
const graceMilliseconds = 5_000;

/**
 * Runs a command's work, and writes its output. Mistakes in tables go to stderr first.
 *
 * On the first Ctrl-C the work can finish its current step. On the second, or after a few seconds, the process ends at
 * once. Both are safe, because every write to a lake is whole or not at all.
 *
 * @returns The exit code.
 */
export async function runCommand(
  { catalog, mistakes }: Tables,
  runtime: Runtime,
  options: GlobalOptions,
  policy: MistakePolicy,
  work: (context: Context) => Promise<Outcome>,
): Promise<number> {
  const first = policy === "report" ? undefined : printMistakes(mistakes);
  if (first !== undefined && policy === "refuse") {
    if (options.json) {
      const { code, message } = first;
      process.stdout.write(jsonDocument({ error: { code, message } }));
    }
    return exitCodes.usage;
  }
  const { location, settings, personalKey, deployed } = await locate(options, runtime);
  // Removes what killed commands left.
  const scratch = openScratch(tmpdir(), "lakehouse");
  const progress = process.stderr.isTTY ? terminalProgress(process.stderr) : noProgress;
  const strays = new Strays();
  const controller = new AbortController();
  const cleanUp = (): void => {
    progress.stop();
    scratch[Symbol.dispose]();
  };
  const stop = (name: keyof typeof signalNumbers): void => {
    const error = new InterruptedError(128 + signalNumbers[name]);
    const endNow = (): void => {
      cleanUp();
      process.stderr.write(failureText(error, screenOf(process.stderr)));
      process.exit(error.exitCode);
    };
    if (controller.signal.aborted) {
      endNow();
    }
    controller.abort(error);
    setTimeout(endNow, graceMilliseconds).unref();
  };
  const isAttended = process.stdin.isTTY && process.stderr.isTTY && !options.json;
  let lake: Lake | undefined;
  const context: Context = {
    catalog,
    mistakes,
    location,
    hasOwnLocation: options.lake !== undefined,
    environment: options.env,
    deployed,
    get lake() {
      lake ??= openLake(location, settings);
      return lake;
    },
    commandLine: commandLineOf(options),
    settings,
    findPersonalKey: personalKeyFinder(personalKey),
    folder: runtime.folder,
    page: runtime.page,
    scratch: scratch.path,
    json: options.json,
    screen: screenOf(process.stdout),
    progress,
    ...(isAttended && { ask: (question) => ask(question, controller.signal) }),
    passOver: strays.passOver,
    signal: controller.signal,
  };
  for (const name of signals) {
    process.on(name, stop);
  }
  let endsBySignal = false;
  try {
    const outcome = await work(context);
    const { output, exitCode = 0 } = outcome;
    endsBySignal = outcome.endsBySignal === true;
    controller.signal.throwIfAborted();
    progress.stop();
    await writeOutput(output, process.stdout, controller.signal);
    return exitCode === 0 && first !== undefined ? exitCodes.usage : exitCode;
  } catch (error) {
    if (endsBySignal && error === controller.signal.reason) {
      return 0;
    }
    throw error;
  } finally {
    for (const name of signals) {
      process.off(name, stop);
    }
    cleanUp();
    process.stderr.write(strays.text(screenOf(process.stderr), context.commandLine));
  }
}

/** Prints each mistake to stderr. @returns The first one. */
function printMistakes(mistakes: readonly TableMistake[]) {
  const each = uniqueMistakes(mistakes);
  for (const mistake of each) {
    process.stderr.write(failureText(mistake, screenOf(process.stderr)));
  }
  return each[0] && { code: "INVALID_CONTRACT", message: each[0].message };
}

/** Finds the lake and its settings. @throws UsageError, DeployedLakeError, ConfigurationError. */
async function locate(
  { lake, env }: GlobalOptions,
  runtime: Runtime,
): Promise<
  Pick<Context, "location" | "settings" | "deployed"> & { personalKey: PersonalKeySettings }
> {
  if (env === undefined) {
    // The default lake is in the repository's root, wherever the command is called.
    const location = lake === undefined || lake === "s3" ? lake : directoryOf(lake, runtime.folder);
    return {
      location: location ?? ".lake",
      settings: runtime.lake,
      personalKey: runtime.personalKey,
    };
  }
  if (lake !== undefined && lake !== "s3") {
    throw new UsageError(
      `--lake ${lake} and --env ${env} are two lakes`,
      "Leave one of them out. The lake of an environment is in S3.",
    );
  }
  const deployed = await findDeployedLake(env);
  const settings = settingsOf(deployed, runtime.lake);
  // The user's own key is ignored, because it may be another lake's.
  const personalKey = { parameter: deployed.personalDataKey, region: deployed.region };
  return { location: "s3", settings, personalKey, deployed };
}
