/** `--dry-run`: prints the steps of a program with their commands, and what its stacks consist of. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pluginDirectories } from "../terraform/plugins.ts";
import { print, tableOf } from "./console.ts";
import { DeployError } from "./errors.ts";
import type { Session } from "./session.ts";
import { pluginCache, type Stack } from "./terraform.ts";

/** Needs neither AWS nor Docker, and changes nothing. */
export async function rehearse(
  session: Session,
  program: (session: Session) => Promise<void>,
): Promise<void> {
  const { name, region, deletionProtection } = session.environment;
  const protection = deletionProtection ? " (protected)" : "";
  print(`Dry run for ${name} in ${region}${protection}: nothing is changed.\n`);
  await program(session);
  for (const stack of session.opened) {
    print(`\n${stack.name} (${stack.shownFolder}/cdk.tf.json):`);
    print(tableOf(stack.kinds()));
    print(await validated(session, stack));
  }
}

/** Validates the stack, if Terraform and the provider are on this machine: a dry run downloads nothing. */
async function validated({ shell, infra }: Session, stack: Stack): Promise<string> {
  try {
    await shell.require("terraform");
  } catch (error) {
    if (error instanceof DeployError && error.code === "MISSING_TOOL") {
      return "Not validated: terraform is not on the PATH.";
    }
    throw error;
  }
  const plugins = pluginDirectories([pluginCache(infra)]);
  if (plugins.length === 0) {
    return "Not validated: the AWS provider is not on this machine, and a dry run downloads nothing.";
  }
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-validate-"));
  try {
    symlinkSync(join(stack.folder, "cdk.tf.json"), join(folder, "cdk.tf.json"));
    await stack.validate(folder, plugins);
    return "Validated by terraform.";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
