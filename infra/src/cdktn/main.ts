/** `npm run cdktn`: tries the move from cdktf to cdktn in a copy of the workspace, or makes it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command } from "@commander-js/extra-typings";
import { ExecaError } from "execa";
import { readRuntime } from "../runtime.ts";
import { differences } from "./compare.ts";
import {
  checkTypes,
  copyFiles,
  filesIn,
  install,
  type Rewritten,
  rewriteFiles,
  synthesize,
} from "./workspace.ts";

const workspace = join(import.meta.dirname, "..", "..", "..");

/** Reports progress: stdout is for the result. */
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Rewrites a copy and compares its Terraform with that of this workspace. @returns Whether they are the same. */
async function tryInCopy(folder: string): Promise<boolean> {
  const copy = join(folder, "workspace");
  const files = await filesIn(workspace);
  copyFiles(workspace, files, copy);
  say(`Rewrote ${rewriteFiles(copy, files).changed.length} files in a copy.`);
  say("Installing cdktn and its AWS provider (46 MB) there …");
  await install(copy, "@lakehouse/infra...");
  say("Checking types, and synthesizing with both …");
  await checkTypes(copy);
  const program = join("src", "main.ts");
  const before = await synthesize(workspace, program, join(folder, "cdktf"));
  const after = await synthesize(copy, program, join(folder, "cdktn"));
  let same = true;
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const found = differences(before.get(name), after.get(name));
    same &&= found.length === 0;
    const lines = found.length === 0 ? [`${name}: the same`] : [`${name}:`, ...found];
    process.stdout.write(`${lines.join("\n  ")}\n`);
  }
  return same;
}

/** Rewrites this workspace. */
async function write(): Promise<Rewritten> {
  const rewritten = rewriteFiles(workspace, await filesIn(workspace));
  say(`Rewrote ${rewritten.changed.length} files. Installing …`);
  await install(workspace);
  await checkTypes(workspace);
  return rewritten;
}

const program = new Command("cdktn")
  .description(
    "Tries the move from cdktf to cdktn in a copy, and compares the Terraform key by key.",
  )
  .option("--write", "move this workspace instead of a copy", false)
  .option("--keep <folder>", "keep the copy and both syntheses in this new folder")
  .action(async (options) => {
    if (options.write) {
      const { removed, mentions } = await write();
      process.stdout.write(
        [
          "This workspace now uses cdktn. See the changes with: git diff",
          `Removed, because this workspace no longer needs it: ${removed.join(", ")}`,
          `Still mention cdktf: ${mentions.join(", ")}`,
          "",
        ].join("\n"),
      );
      return;
    }
    const folder =
      options.keep === undefined
        ? mkdtempSync(join(tmpdir(), "lakehouse-cdktn-"))
        : resolve(readRuntime().folder, options.keep);
    try {
      process.exitCode = (await tryInCopy(folder)) ? 0 : 1;
    } finally {
      if (options.keep === undefined) {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof ExecaError)) {
    throw error;
  }
  // Its message holds the command and what it printed.
  say(error.message);
  process.exitCode = 3;
}
