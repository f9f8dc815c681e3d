/** Runs Terraform on one synthesized stack. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { Plan } from "./plan-summary.ts";
import type { Command, Shell } from "./shell.ts";

/** A resource in Terraform's state. */
export interface StateResource {
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** A synthesized resource with a name that is known before it is deployed. */
export interface NamedResource {
  readonly address: string;
  readonly type: string;
  readonly name: string;
}

/** What to plan. */
export interface PlanRequest {
  readonly variables?: Readonly<Record<string, string>>;
  readonly destroy?: boolean;
}

/** Each resource's arguments, by its type and its name. */
type Resources = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>
>;

const planFile = "plan.tfplan";
/** Somebody else may be deploying. Most deployments take less. */
const lockTimeout = "-lock-timeout=15m";

/** A stack in its own folder. */
export class Stack {
  readonly #shell: Shell;
  readonly #infra: string;
  /** The folder as seen from where commands run. */
  readonly shownFolder: string;

  readonly name: string;
  readonly folder: string;

  /** @param infra The folder `infra/` of the repository. */
  constructor(shell: Shell, infra: string, name: string, folder: string) {
    this.name = name;
    this.folder = folder;
    this.#shell = shell;
    this.#infra = infra;
    this.shownFolder = relative(shell.folder, folder);
  }

  /** How many resources the synthesized stack has, of each kind and in all. */
  kinds(): { readonly kind: string; readonly count: number }[] {
    const kinds = Object.entries(this.#synthesized()).sort();
    const counts = kinds.map(([kind, all]) => ({ kind, count: Object.keys(all).length }));
    return [...counts, { kind: "all", count: counts.reduce((sum, { count }) => sum + count, 0) }];
  }

  /** The synthesized resources of a type, by the argument that names them. */
  named(type: string, argument: string): NamedResource[] {
    return Object.entries(this.#synthesized()[type] ?? {}).map(([id, args]) => ({
      address: `${type}.${id}`,
      type,
      name: String(args[argument]),
    }));
  }

  /** Uses the state in this bucket. The state of a bucket used before, perhaps another account's, is not moved. */
  async init(bucket: string): Promise<void> {
    if (!this.#shell.dryRun) {
      mkdirSync(pluginCache(this.#infra), { recursive: true });
      // Only the provider whose checksums are in the repository.
      const lockFile = ".terraform.lock.hcl";
      copyFileSync(join(this.#infra, lockFile), join(this.folder, lockFile));
    }
    const backend = `-backend-config=bucket=${bucket}`;
    await this.#shell.run(this.#command(15, "init", "-input=false", backend, "-reconfigure"));
  }

  /** @param lock Not needed for a plan that is never applied: a role that can only read may not lock. */
  async plan({ variables = {}, destroy = false }: PlanRequest, lock: boolean): Promise<Plan> {
    await this.#shell.run(
      this.#command(
        35,
        "plan",
        "-input=false",
        lock ? lockTimeout : "-lock=false",
        ...(destroy ? ["-destroy"] : []),
        `-out=${planFile}`,
        ...Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`),
      ),
    );
    return await this.#json<Plan>("show", "-json", planFile);
  }

  /** Applies exactly the plan that was shown. */
  async apply(): Promise<void> {
    const command = this.#command(75, "apply", "-input=false", lockTimeout, planFile);
    await this.#shell.run(command, { watched: true });
  }

  /** What is deployed. */
  async resources(): Promise<readonly StateResource[]> {
    type State = { values?: { root_module?: { resources?: readonly StateResource[] } } };
    const { values } = await this.#json<State>("show", "-json");
    return values?.root_module?.resources ?? [];
  }

  /** The deployed outputs that are not secret, as text. */
  async outputs(): Promise<readonly (readonly [string, string])[]> {
    type Outputs = Readonly<Record<string, { sensitive: boolean; value: unknown }>>;
    return Object.entries(await this.#json<Outputs>("output", "-json"))
      .filter(([, { sensitive }]) => !sensitive)
      .map(([name, { value }]) => [
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]);
  }

  /** Checks the stack in another folder, with providers that are on this machine. Downloads nothing. */
  async validate(folder: string, plugins: readonly string[]): Promise<void> {
    const command = (...args: readonly string[]): Command => ({
      ...this.#command(5),
      args: [`-chdir=${folder}`, ...args],
    });
    const providers = plugins.map((each) => `-plugin-dir=${each}`);
    await this.#shell.read(command("init", "-backend=false", "-input=false", ...providers));
    await this.#shell.read(command("validate"));
  }

  #synthesized(): Resources {
    const text = readFileSync(join(this.folder, "cdk.tf.json"), "utf8");
    return (JSON.parse(text) as { resource: Resources }).resource;
  }

  /** Answers `{}` in a dry run, which has no state. */
  async #json<T>(...args: readonly string[]): Promise<T> {
    const text = this.#shell.dryRun ? "{}" : await this.#shell.read(this.#command(5, ...args));
    return JSON.parse(text) as T;
  }

  #command(minutes: number, ...args: readonly string[]): Command {
    return { file: "terraform", args: [`-chdir=${this.shownFolder}`, ...args], minutes };
  }
}

/** The variables that every Terraform gets. @param cache The folder of downloaded providers. */
export function terraformEnvironment(cache: string): Record<string, string> {
  return {
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    ...(process.stderr.isTTY ? {} : { TF_CLI_ARGS: "-no-color" }),
    // The provider is large: all stacks share one download.
    TF_PLUGIN_CACHE_DIR: cache,
    // The lock file has the cache's kind of checksum for one platform only.
    TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
  };
}

/** Where Terraform keeps the providers that it downloaded. */
export function pluginCache(infra: string): string {
  return join(infra, ".terraform", "plugin-cache");
}
