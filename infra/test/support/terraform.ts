/** Terraform for tests: checks documents, with a local or downloaded provider. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { pluginDirectories } from "../../src/terraform/plugins.ts";

/** Terraform, ready to check documents. */
export interface Terraform {
  /** Terraform's errors for a document; empty if it is valid. */
  validate(name: string, text: string): Promise<readonly string[]>;
  remove(): void;
}

interface Verdict {
  readonly diagnostics: readonly {
    readonly summary: string;
    readonly detail?: string;
    readonly address?: string;
  }[];
}

const secondsPerCommand = 120;

/**
 * Finds Terraform and the AWS provider.
 *
 * Without them, this prints what is not tested. With CI=true, both are required.
 *
 * @param text Any document. If it can be initialized, there is a provider.
 * @returns Undefined if one of them is missing.
 * @throws Error if one is missing and CI=true.
 */
export async function findTerraform(
  untested: string,
  text: string,
): Promise<Terraform | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "lakehouse-terraform-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const initialized = join(folder, "initialized");
    await initialize(initialized, text);
    return {
      validate: (name, document) => validate(initialized, join(folder, name), document),
      remove,
    };
  } catch (error) {
    remove();
    const reason = error instanceof Error ? error.message : String(error);
    const help = `Terraform and the AWS provider are needed: ${reason.split("\n").slice(0, 6).join(" ")}`;
    if (process.env["CI"] === "true") {
      throw new Error(`${help} They are required if CI=true.`);
    }
    process.stderr.write(`\n*** NOT TESTED: ${untested}. ${help}\n\n`);
    return undefined;
  }
}

/** All documents need the same provider, so one initialization serves all. */
async function validate(
  initialized: string,
  folder: string,
  text: string,
): Promise<readonly string[]> {
  mkdirSync(folder);
  writeFileSync(join(folder, "cdk.tf.json"), text);
  for (const each of [".terraform", ".terraform.lock.hcl"]) {
    symlinkSync(join(initialized, each), join(folder, each));
  }
  const { stdout } = await terraform(folder, "validate", "-json");
  return (JSON.parse(stdout) as Verdict).diagnostics.map(({ address, summary, detail }) =>
    [address, summary, detail].filter((part) => part !== undefined).join(": "),
  );
}

async function initialize(folder: string, text: string): Promise<void> {
  mkdirSync(folder);
  writeFileSync(join(folder, "cdk.tf.json"), text);
  const plugins = pluginDirectories().map((each) => `-plugin-dir=${each}`);
  const { failed, all } = await terraform(
    folder,
    "init",
    "-backend=false",
    "-input=false",
    ...plugins,
  );
  if (failed) {
    throw new Error(all);
  }
}

async function terraform(folder: string, ...args: string[]) {
  const { PATH = "", HOME = "", GOGC = "" } = process.env;
  return execa("terraform", [`-chdir=${folder}`, ...args], {
    all: true,
    reject: false,
    timeout: secondsPerCommand * 1_000,
    // No settings of this machine's user. They may name something that is missing.
    env: { PATH, HOME, GOGC, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    extendEnv: false,
  });
}
