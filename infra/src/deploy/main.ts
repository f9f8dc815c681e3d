/** The entry point of the deploy programs: runs one, and ends the process as the exit codes say. */
import { join } from "node:path";
import { inspect } from "node:util";
import { CommanderError } from "@commander-js/extra-typings";
import { DeployError } from "./errors.ts";
import { makeProgram } from "./program.ts";
import { workspaceAt } from "./workspace.ts";

/** Tells what went wrong, on stderr. @returns The exit code. */
function tell(error: unknown): number {
  if (error instanceof CommanderError) {
    // The parser has told of it itself.
    return error.exitCode === 0 ? 0 : 2;
  }
  if (error instanceof DeployError) {
    process.stderr.write(`\n${error.code}: ${error.message}\n`);
  } else {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`\nUnexpected error: ${message} (to see where: DEBUG=lakehouse)\n`);
  }
  if (process.env["DEBUG"] === "lakehouse") {
    process.stderr.write(`${inspect(error)}\n`);
  }
  return error instanceof DeployError ? error.exitCode : 3;
}

try {
  // This is infra/dist/deploy.js.
  await makeProgram(workspaceAt(join(import.meta.dirname, ".."))).parseAsync();
} catch (error) {
  process.exitCode = tell(error);
}
