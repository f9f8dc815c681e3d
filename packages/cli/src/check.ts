/**
 * The program behind `lakehouse check`. It does nothing else, because it is bundled again after each edit, and this bundle
 * takes a fraction of the whole command's time.
 */
import { tmpdir } from "node:os";
import { openScratch } from "@lakehouse/lake/scratch";
import { mistakes } from "@lakehouse/tables/mistakes";
import { failureText } from "@lakehouse/terminal/failure-text";
import { screenOf } from "@lakehouse/terminal/screen";
import { jsonDocument } from "@lakehouse/terminal/words";
import { exitCodes } from "@lakehouse/transforms/errors";
import { loadError } from "@lakehouse/transforms/mistakes/load-error";
import { commandLineOf } from "./command-line.ts";
import { check } from "./commands/check/check.ts";
import { reportMistakes } from "./commands/check/report.ts";
import { failureOf } from "./exit.ts";
import { watchOutput } from "./output/write-output.ts";

const json = process.argv.includes("--json");

async function main(): Promise<number> {
  // The bundler left out tables with mistakes. What throws nevertheless is caught here.
  const { catalog } = await import("@lakehouse/tables/catalog").catch((error: unknown) => {
    throw loadError(error);
  });
  // Removes what killed commands left.
  using scratch = openScratch(tmpdir(), "lakehouse");
  const result = await check({ catalog, mistakes, scratch: scratch.path });
  const { output, exitCode } = reportMistakes(result, json);
  process.stdout.write(output);
  return exitCode;
}

function printFailure(error: unknown): number {
  const { exitCode, hint, ...failure } = failureOf(error, commandLineOf({}));
  process.stderr.write(failureText({ message: failure.message, hint }, screenOf(process.stderr)));
  if (json) {
    process.stdout.write(jsonDocument({ error: failure }));
  }
  return exitCode;
}

watchOutput(process, exitCodes.fault);
process.exitCode = await main().catch(printFailure);
