/** Runs the `lakehouse` command with its arguments, and reports errors. */
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
import { isDebugging, readRuntime } from "./runtime.ts";

/**
 * Runs the command.
 *
 * @param args What follows the command's name.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  // What runs a command on the same lake, once the command line is parsed.
  let commandLine = commandLineOf({});
  try {
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
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (error) {
    return printFailure(error, args, commandLine);
  }
}

/** Prints an error to stderr, and with --json also to stdout as a document. @returns The exit code. */
function printFailure(error: unknown, args: readonly string[], commandLine: string): number {
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
  if (args.includes("--json")) {
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
