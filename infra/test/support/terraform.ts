/** Terraform for tests: checks documents, with a local or downloaded provider. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { pluginDirectories } from "../../src/terraform/plugins.ts";

/** Terraform, ready to check documents. */
export interface Terraform {
  /**
   * Checks documents with one command, as modules, because each command loads the provider's whole schema.
   *
   * @param documents Each document, by its name.
   * @returns Terraform's errors and warnings for each; empty if it is valid.
   */
  validate(documents: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, readonly string[]>>;
  remove(): void;
}

interface Verdict {
  readonly diagnostics: readonly {
    readonly summary: string;
    readonly detail?: string;
    readonly address?: string;
    readonly range?: { readonly filename: string };
  }[];
}

const secondsPerCommand = 120;
const file = "cdk.tf.json";

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
    await initialize(join(folder, "initialized"), text);
    return { validate: (documents) => validate(join(folder, "modules"), documents), remove };
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

async function validate(
  folder: string,
  documents: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  for (const [name, text] of documents) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), text);
  }
  await initialize(folder, JSON.stringify(callsOf(documents)));
  const { stdout } = await terraform(folder, "validate", "-json");
  const diagnostics = (JSON.parse(stdout) as Verdict).diagnostics
    // A module has no backend. An environment's stack does.
    .filter(({ summary }) => summary !== "Backend configuration ignored")
    .map(({ range, address, summary, detail }) => ({
      file: range?.filename,
      text: [address, summary, detail].filter((part) => part !== undefined).join(": "),
    }));
  const errorsIn = (name: string) =>
    diagnostics.filter((each) => each.file === `${name}/${file}`).map(({ text }) => text);
  const errors = new Map([...documents.keys()].map((name) => [name, errorsIn(name)]));
  const others = diagnostics.length - [...errors.values()].flat().length;
  if (others > 0) {
    throw new Error(`Terraform has errors outside of the documents: ${stdout}`);
  }
  return errors;
}

/** A document that calls each of these as a module. Its variables have no values, so theirs are unknown, too. */
function callsOf(documents: ReadonlyMap<string, string>): object {
  const calls = [...documents].map(([name, text]) => {
    const { variable = {} } = JSON.parse(text) as { variable?: Record<string, { type: unknown }> };
    return { name, variables: Object.entries(variable) };
  });
  return {
    module: Object.fromEntries(
      calls.map(({ name, variables }) => {
        const values = variables.map(([id]) => [id, `\${var.${name}_${id}}`] as const);
        return [name, { source: `./${name}`, ...Object.fromEntries(values) }];
      }),
    ),
    variable: Object.fromEntries(
      calls.flatMap(({ name, variables }) =>
        variables.map(([id, { type }]) => [`${name}_${id}`, { type }] as const),
      ),
    ),
  };
}

async function initialize(folder: string, text: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
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
