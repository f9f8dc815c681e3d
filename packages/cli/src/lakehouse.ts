/** The entry point of the `lakehouse` command: runs it, and ends the process as the exit codes say. */
import { inspect } from "node:util";
import { CommanderError } from "@commander-js/extra-typings";
import { InterruptedError } from "./errors.ts";
import { exitCodes, type Failure, failureOf } from "./exit.ts";
import { jsonDocument } from "./output/text.ts";
import { watchOutput } from "./output/write-output.ts";

async function main(): Promise<number> {
  // A mistake in a contract is found when the catalog is loaded: inside here, where errors are told well.
  const { catalog } = await import("@lakehouse/tables/catalog");
  const { makeProgram } = await import("./program.ts");
  const { runInSurroundings } = await import("./surroundings.ts");
  let exitCode: number = exitCodes.done;
  const program = makeProgram(async (options, work) => {
    exitCode = await runInSurroundings(catalog, options, work);
  });
  await program.parseAsync();
  return exitCode;
}

/** Tells what went wrong: on stderr, and with --json in a document on stdout. @returns The exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) {
    return exitCodes.done;
  }
  const { exitCode, ...failure } = usageFailure(error) ?? failureOf(error);
  if (!(error instanceof CommanderError)) {
    process.stderr.write(`lakehouse: ${failure.message}\n`);
  }
  if (process.env["DEBUG"] === "lakehouse") {
    process.stderr.write(`${inspect(error)}\n`);
  }
  if (process.argv.includes("--json")) {
    process.stdout.write(jsonDocument({ error: failure }));
  }
  if (error instanceof InterruptedError) {
    // What was under way may still be: nobody waits for it any more.
    process.exit(exitCode);
  }
  return exitCode;
}

/** A mistake on the command line, of which the parser has told on stderr itself. */
function usageFailure(error: unknown): Failure | undefined {
  if (!(error instanceof CommanderError)) {
    return undefined;
  }
  const isHelp = error.code === "commander.help";
  const message = isHelp ? "No command was given." : error.message.replace(/^error: /, "");
  return { exitCode: exitCodes.usage, code: "USAGE", message };
}

watchOutput(process, exitCodes.other);
process.exitCode = await main().catch(tell);
