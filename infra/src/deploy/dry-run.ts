/** `--dry-run`: what a command would do, told without AWS, Docker or any change. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pluginDirectories } from "../terraform/plugins.ts";
import { print } from "./console.ts";
import { textTable } from "./plan-summary.ts";
import type { Session } from "./session.ts";
import { findTool } from "./shell.ts";
import { type Step, tellSteps } from "./steps.ts";
import { pluginCache, type Stack } from "./terraform.ts";
import { fromRoot } from "./workspace.ts";

/** Synthesizes, tells every step with its commands, then what each stack is made of. */
export async function dryRun(
  session: Session,
  steps: readonly Step[],
  stacks: readonly Stack[],
): Promise<void> {
  const { name, region, deletionProtection } = session.environment;
  print(
    `Dry run for ${name} in ${region}${deletionProtection ? " (protected)" : ""}: nothing is changed.\n`,
  );
  await session.synthesis().run();
  tellSteps(steps);
  for (const stack of stacks) {
    print(`\n${stack.name} (${fromRoot(session.workspace, stack.folder)}/cdk.tf.json):`);
    print(kindsTable(stack));
    print(await validated(session, stack));
  }
}

function kindsTable(stack: Stack): string {
  const document = readFileSync(join(stack.folder, "cdk.tf.json"), "utf8");
  const { resource } = JSON.parse(document) as { resource: Record<string, object> };
  const kinds = Object.entries(resource).map(
    ([kind, resources]) => [kind, Object.keys(resources).length] as const,
  );
  const sum = kinds.reduce((total, [, count]) => total + count, 0);
  const rows = kinds.sort().map(([kind, count]) => [kind, String(count)]);
  return textTable(["kind", "count"], [...rows, ["all", String(sum)]]);
}

/** Lets Terraform check the stack, if it and the provider are on this machine: a dry run downloads nothing. */
async function validated(session: Session, stack: Stack): Promise<string> {
  if (findTool("terraform") === undefined) {
    return "Not validated: terraform is not on the PATH.";
  }
  const plugins = pluginDirectories([pluginCache(session.workspace)]);
  if (plugins.length === 0) {
    return "Not validated: the AWS provider is not on this machine, and a dry run downloads nothing.";
  }
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-validate-"));
  try {
    symlinkSync(join(stack.folder, "cdk.tf.json"), join(folder, "cdk.tf.json"));
    const run = (...args: string[]) =>
      stack.run({ ...stack.command(5), args: [`-chdir=${folder}`, ...args] }, false);
    await run(
      "init",
      "-backend=false",
      "-input=false",
      ...plugins.map((each) => `-plugin-dir=${each}`),
    );
    await run("validate");
    return "Validated by terraform.";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
