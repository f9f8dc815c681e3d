/** Builds the command line from the commands, with its help. */
import {
  Command,
  type CommandUnknownOpts,
  InvalidArgumentError,
} from "@commander-js/extra-typings";
import { errorPrefix } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import packageFile from "../package.json" with { type: "json" };
import { examples, type MistakePolicy, type Run } from "./command.ts";
import { applyCommand } from "./commands/apply/command.ts";
import { auditCommand } from "./commands/audit/command.ts";
import { checkCommand } from "./commands/check/command.ts";
import { describeCommand } from "./commands/describe/command.ts";
import { devCommand } from "./commands/dev/command.ts";
import { driftCommand } from "./commands/drift/command.ts";
import { exportCommand } from "./commands/export/command.ts";
import { forgetCommand } from "./commands/forget/command.ts";
import { generateCommand } from "./commands/generate/command.ts";
import { goldCommand } from "./commands/gold/command.ts";
import { historyCommand } from "./commands/history/command.ts";
import { ingestCommand } from "./commands/ingest/command.ts";
import { initCommand } from "./commands/init/command.ts";
import { planCommand } from "./commands/plan/command.ts";
import { quarantineCommand } from "./commands/quarantine/command.ts";
import { queryCommand } from "./commands/query/command.ts";
import { replayCommand } from "./commands/replay/command.ts";
import { reportCommand } from "./commands/report/command.ts";
import { schemaCommand } from "./commands/schema/command.ts";
import { silverCommand } from "./commands/silver/command.ts";
import { startCommand } from "./commands/start/command.ts";
import { statusCommand } from "./commands/status/command.ts";
import { tablesCommand } from "./commands/tables/command.ts";
import { testCommand } from "./commands/test/command.ts";
import { tryCommand } from "./commands/try/command.ts";
import { uiCommand } from "./commands/ui/command.ts";

const exitCodes = `
Exit codes:
  0    done
  1    data problem: a failed audit, check or test
  2    usage or configuration
  3    anything else
  128  + the signal's number: 130 for Ctrl-C`;

/** The options that every command takes. */
export interface GlobalOptions {
  /** The default is `.lake`, or the lake of `env`. */
  readonly lake?: string;
  /** The name of a deployed environment. */
  readonly env?: string;
  readonly json: boolean;
}

/**
 * Builds the program.
 *
 * @param runWith Runs a command's work with the global options and its policy.
 */
export function makeProgram(
  runWith: (
    options: GlobalOptions,
    policy: MistakePolicy,
    ...work: Parameters<Run>
  ) => Promise<void>,
) {
  const program = new Command("lakehouse")
    .description("A lakehouse from table contracts and SQL models: bronze, silver, gold.")
    .option(
      "--lake <where>",
      "a directory, file:///dir, or s3: a deployed lake, found by --env, or by BRONZE_BUCKET, SILVER_BUCKET, GOLD_BUCKET and DELIVERY_STREAM (default: .lake)",
    )
    .option(
      "--env <name>",
      "a deployed environment, whose lake is in S3: dev, prod, …",
      environmentName,
    )
    .option("--json", "print one JSON document on stdout, and nothing else", false)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, minWidthToWrap: 20 })
    .version(packageFile.version)
    .configureOutput({
      outputError: (text, write) => {
        write(text.replace(/^error:/, errorPrefix(screenOf(process.stderr))));
      },
    })
    .showHelpAfterError("hint: --help prints usage and examples.")
    .addHelpText("after", exitCodes)
    .addHelpText(
      "after",
      examples(
        ["start", "take sample records through all layers"],
        ["ingest orders orders.ndjson", "send your own records into bronze"],
        ["silver && lakehouse gold", "take them through the other layers"],
        ['query "from customer_summary"', "read the result"],
        ["status --env dev --json", "show a deployed lake, for programs"],
      ),
    )
    .exitOverride();
  const running =
    (policy: MistakePolicy): Run =>
    (work) =>
      runWith(program.opts(), policy, work);
  const changing = running("refuse");
  const reading = running("continue");
  const commands: readonly CommandUnknownOpts[] = [
    startCommand(changing),
    ingestCommand(changing),
    generateCommand(reading),
    silverCommand(changing),
    goldCommand(changing),
    auditCommand(reading),
    statusCommand(reading),
    uiCommand(reading),
    reportCommand(reading),
    queryCommand(reading),
    exportCommand(reading),
    tablesCommand(reading),
    historyCommand(reading),
    quarantineCommand(reading),
    driftCommand(reading),
    replayCommand(changing),
    planCommand(reading),
    applyCommand(changing),
    forgetCommand(changing),
    checkCommand(running("report")),
    testCommand(reading),
    describeCommand(reading),
    schemaCommand(reading),
    initCommand(reading),
    tryCommand(reading),
    devCommand(running("report")),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
  }
  return program;
}

function environmentName(text: string): string {
  if (!/^[a-z0-9-]+$/.test(text)) {
    throw new InvalidArgumentError("Give an environment's name: dev, prod, …");
  }
  return text;
}
