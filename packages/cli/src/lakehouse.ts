/** The entry point of the `lakehouse` command: runs it, and sets the exit code. */
import { inspect } from "node:util";
import { CommanderError } from "@commander-js/extra-typings";
import { mistakes } from "@lakehouse/tables/mistakes";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { loadError } from "@lakehouse/transforms/mistakes/load-error";
import { commandLineOf } from "./command-line.ts";
import { InterruptedError } from "./errors.ts";
import { type Failure, failureOf } from "./exit.ts";
import { watchOutput } from "./output/write-output.ts";
import { isDebugging, readRuntime } from "./runtime.ts";

/** What runs a command on the same lake, once the command line is parsed. */
let commandLine = commandLineOf({});

async function main(): Promise<number> {
  // The bundler left out tables with mistakes. What throws nevertheless is caught here.
  const { catalog } = await import("@lakehouse/tables/catalog").catch((error: unknown) => {
    throw loadError(error);
  });
  const { makeProgram } = await import("./program.ts");
  const { runCommand } = await import("./run-command.ts");
  const runtime = readRuntime();
  let exitCode: number = 0;
  const program = makeProgram(async (options, policy, work) => {
    commandLine = commandLineOf(options);
    exitCode = await runCommand({ catalog, mistakes }, runtime, options, policy, work);
  });
  await program.parseAsync();
  return exitCode;
}

/** Prints an error to stderr, and with --json also to stdout as a document. @returns The exit code. */
function printFailure(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) {
    return 0;
  }
  const { exitCode, hint, ...failure } = usageFailure(error) ?? failureOf(error, commandLine);
  if (!(error instanceof CommanderError)) {
    const { message } = failure;
    process.stderr.write(failureText({ message, hint }, screenOf(process.stderr)));
  }
  if (isDebugging()) {
    process.stderr.write(`${inspect(error)}\n`);
  }
  if (process.argv.includes("--json")) {
    process.stdout.write(jsonDocument({ error: failure }));
  }
  if (error instanceof InterruptedError) {
    // Do not wait for work that is still running.
    process.exit(exitCode);
  }
  return exitCode;
}

/** A mistake on the command line. The parser has already printed it to stderr. */
function usageFailure(error: unknown): Failure | undefined {
  if (!(error instanceof CommanderError)) {
    return undefined;
  }
  const isHelp = error.code === "commander.help";
  const message = isHelp ? "No command was given." : error.message.replace(/^error: /, "");
  return { exitCode: exitCodes.usage, code: "USAGE", message };
}

watchOutput(process, exitCodes.fault);
process.exitCode = await main().catch(printFailure);
