/** Terraform on one synthesized stack: its commands, and what it answers. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { StackKind } from "../stacks/environment-stack.ts";
import { DeployError } from "./errors.ts";
import type { Plan } from "./plan-summary.ts";
import type { Command, Shell } from "./shell.ts";
import { fromRoot, type Workspace } from "./workspace.ts";

/** A resource in Terraform's state. */
export interface StateResource {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Terraform's state, as `terraform show -json` tells it. */
interface State {
  readonly values?: { readonly root_module?: { readonly resources?: readonly StateResource[] } };
}

/** What to plan. */
export interface PlanRequest {
  readonly variables?: Readonly<Record<string, string>>;
  readonly destroy?: boolean;
  /** The address of the one resource to plan; undefined: all. */
  readonly target?: string;
  /** Not needed where nothing is applied: whoever only looks need not be allowed to lock. */
  readonly lock?: boolean;
}

const planFile = "plan.tfplan";
/** Somebody else may be deploying, and most deployments take less. */
const lockPatience = "-lock-timeout=15m";

/** One stack, synthesized into a folder of its own. */
export class Stack {
  readonly name: string;
  readonly folder: string;
  readonly #shell: Shell;
  readonly #workspace: Workspace;
  readonly #watched: boolean;

  /** @param watched Whether a person wants to see all that Terraform says. */
  constructor(
    workspace: Workspace,
    shell: Shell,
    environment: string,
    readonly kind: StackKind,
    watched: boolean,
  ) {
    this.name = `${environment}-${kind}`;
    this.folder = join(workspace.synthesized, "stacks", this.name);
    this.#workspace = workspace;
    this.#shell = shell;
    this.#watched = watched;
  }

  /** The state's key in the state bucket. */
  get stateKey(): string {
    return `${this.name}.tfstate`;
  }

  /** @param args Arguments of `terraform`. */
  command(limitMinutes: number, ...args: readonly string[]): Command {
    const folder = fromRoot(this.#workspace, this.folder);
    return { file: "terraform", args: [`-chdir=${folder}`, ...args], limitMinutes };
  }

  /**
   * Works with the state in this bucket, whichever the folder worked with before: another account's, perhaps, whose
   * state must not follow.
   */
  initCommand(bucket: string): Command {
    return this.#initCommand(bucket, "-reconfigure");
  }

  /** Moves the state from where it was into this bucket. */
  moveCommand(bucket: string): Command {
    return this.#initCommand(bucket, "-migrate-state", "-force-copy");
  }

  #initCommand(bucket: string, ...more: readonly string[]): Command {
    return this.command(15, "init", "-input=false", `-backend-config=bucket=${bucket}`, ...more);
  }

  planCommand({ variables = {}, destroy = false, target, lock = true }: PlanRequest): Command {
    return this.command(
      35,
      "plan",
      "-input=false",
      ...(lock ? [lockPatience] : ["-lock=false"]),
      ...(destroy ? ["-destroy"] : []),
      ...(target === undefined ? [] : [`-target=${target}`]),
      `-out=${planFile}`,
      ...Object.entries(variables).map(([name, value]) => `-var=${name}=${value}`),
    );
  }

  /** Applies that very plan: what was shown, and nothing else. */
  applyCommand(): Command {
    return this.command(75, "apply", "-input=false", lockPatience, planFile);
  }

  async run(command: Command, watched = this.#watched): Promise<string> {
    return await this.#shell.run(command, { watched, env: this.#environment() });
  }

  /** @param command An `init`: it gets the provider whose checksums are in the repository, and no other. */
  async init(command: Command): Promise<void> {
    // Terraform makes it too, but says that it is missing before it does.
    mkdirSync(pluginCache(this.#workspace), { recursive: true });
    const name = ".terraform.lock.hcl";
    copyFileSync(join(this.#workspace.infra, name), join(this.folder, name));
    await this.run(command);
  }

  async plan(request: PlanRequest): Promise<Plan> {
    await this.run(this.planCommand(request));
    return await this.#json<Plan>("show", "-json", planFile);
  }

  async apply(): Promise<void> {
    await this.run(this.applyCommand(), true);
  }

  /** What is deployed, after `init`. */
  async resources(): Promise<readonly StateResource[]> {
    const { values } = await this.#json<State>("show", "-json");
    return values?.root_module?.resources ?? [];
  }

  /** The outputs of what is deployed, after `init`, without those that are secret. */
  async outputs(): Promise<Readonly<Record<string, unknown>>> {
    type Outputs = Readonly<Record<string, { sensitive: boolean; value: unknown }>>;
    const outputs = await this.#json<Outputs>("output", "-json");
    return Object.fromEntries(
      Object.entries(outputs)
        .filter(([, { sensitive }]) => !sensitive)
        .map(([name, { value }]) => [name, value]),
    );
  }

  async #json<T>(...args: readonly string[]): Promise<T> {
    const command = this.command(5, ...args);
    const text = await this.run(command, false);
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new DeployError(
        "DAMAGED_OUTPUT",
        `Terraform's answer about ${this.name} is no JSON`,
        "Run `terraform version`: this needs Terraform 1.11 or later.",
        { cause: error },
      );
    }
  }

  #environment(): Record<string, string> {
    return {
      TF_IN_AUTOMATION: "1",
      TF_INPUT: "0",
      CHECKPOINT_DISABLE: "1",
      ...(process.stderr.isTTY ? {} : { TF_CLI_ARGS: "-no-color" }),
      // The provider is large: fetched once, for all stacks.
      TF_PLUGIN_CACHE_DIR: process.env["TF_PLUGIN_CACHE_DIR"] ?? pluginCache(this.#workspace),
      // A checksum of what is unpacked, which the cache goes by, is in the lock file for one platform only.
      TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: "1",
    };
  }
}

/** Where Terraform keeps the providers that it fetched. */
export function pluginCache(workspace: Workspace): string {
  return join(workspace.infra, ".terraform", "plugin-cache");
}
