/** Terraform for tests: checks documents, with the provider that is on this machine or that it downloads. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { pluginDirectories } from "../../src/terraform/plugins.ts";

/** Terraform, ready to check documents. */
export interface Terraform {
  /** What Terraform says of a document; nothing where it is valid. */
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
 * A machine without them can still pass `npm test`: then this says aloud what is not tested. Where CI=true, both
 * must be there.
 *
 * @param text Any document: whether it can be initialized shows whether there is a provider.
 * @returns Undefined where one of them is missing.
 * @throws Error where one is missing though CI=true.
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
    const help = `terraform and the AWS provider are needed: ${reason.split("\n").slice(0, 6).join(" ")}`;
    if (process.env["CI"] === "true") {
      throw new Error(`${help} They are required where CI=true.`);
    }
    process.stderr.write(`\n*** NOT TESTED: ${untested}. ${help}\n\n`);
    return undefined;
  }
}

/** All documents need the same provider: what one was initialized with will do for all. */
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
  const { PATH = "", HOME = "" } = process.env;
  return execa("terraform", [`-chdir=${folder}`, ...args], {
    all: true,
    reject: false,
    timeout: secondsPerCommand * 1_000,
    // No settings of this machine's user: what they name may not be there.
    env: { PATH, HOME, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
    extendEnv: false,
  });
}
