/** What all deploy programs work with: one environment, in one account, from this repository. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { ExecaError } from "execa";
import type { Environment } from "../environment.ts";
import { environments } from "../environments.ts";
import type { StackKind } from "../stacks/environment-stack.ts";
import { Aws } from "./aws.ts";
import { type Consent, print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { type Plan, type PlanSummary, summarize } from "./plan-summary.ts";
import type { Shell } from "./shell.ts";
import type { Step } from "./steps.ts";
import { type PlanRequest, Stack } from "./terraform.ts";
import { fromRoot, type Workspace } from "./workspace.ts";

/** Stands for the account's number where nobody asked AWS. */
const someAccount = "<account>";

/** How a session is run. */
export interface SessionOptions {
  readonly workspace: Workspace;
  readonly shell: Shell;
  readonly consent: Consent;
  /** Whether Terraform's own words are wanted. */
  readonly verbose: boolean;
}

/** @throws DeployError UNKNOWN_ENVIRONMENT. */
export function environmentNamed(name: string): Environment {
  const found = environments.find((each) => each.name === name);
  if (found === undefined) {
    throw new DeployError(
      "UNKNOWN_ENVIRONMENT",
      `There is no environment "${name}"`,
      `infra/src/environments.ts has ${environments.map((each) => each.name).join(", ")}; add yours there.`,
    );
  }
  return found;
}

/** One run of a deploy program. */
export class Session {
  readonly aws: Aws;
  readonly workspace: Workspace;
  readonly shell: Shell;
  readonly consent: Consent;
  readonly #verbose: boolean;
  #account: string | undefined;

  constructor(
    readonly environment: Environment,
    options: SessionOptions,
  ) {
    this.workspace = options.workspace;
    this.shell = options.shell;
    this.consent = options.consent;
    this.#verbose = options.verbose;
    this.aws = new Aws(environment.region);
  }

  /** The account's number, once `identify` has asked for it. */
  get account(): string {
    return this.#account ?? someAccount;
  }

  /** The bucket that holds Terraform's state. */
  get stateBucket(): string {
    return `lakehouse-${this.environment.name}-state-${this.account}`;
  }

  /**
   * Asks AWS whose credentials these are.
   *
   * @throws DeployError WRONG_ACCOUNT where the environment names another account.
   */
  async identify(): Promise<void> {
    const { account, arn } = await this.aws.identity();
    const { name, account: expected = account } = this.environment;
    if (account !== expected) {
      throw new DeployError(
        "WRONG_ACCOUNT",
        `These credentials (${arn}) are of account ${account}, but environment ${name} belongs in ${expected}`,
        "Use that account's credentials (AWS_PROFILE), or mend infra/src/environments.ts.",
      );
    }
    this.#account = account;
    say(`Environment ${name}, region ${this.environment.region}, account ${account}, as ${arn}`);
  }

  stack(kind: StackKind): Stack {
    return new Stack(this.workspace, this.shell, this.environment.name, kind, this.#verbose);
  }

  /** Plans, and shows what it would do on stdout. */
  async planAndShow(stack: Stack, request: PlanRequest): Promise<void> {
    this.#show(stack, await stack.plan(request));
  }

  #show(stack: Stack, plan: Plan): PlanSummary {
    const summary = summarize(stack.name, plan);
    print(summary.text);
    if (summary.hasChanges) {
      say(`In full: terraform -chdir=${fromRoot(this.workspace, stack.folder)} show plan.tfplan`);
    }
    return summary;
  }

  /**
   * Plans, shows, asks, and applies that very plan; nothing of it where nothing would change.
   *
   * @param requestNow What to plan, by what is deployed when it is asked.
   */
  async planAndApply(
    stack: Stack,
    requestNow: () => PlanRequest | Promise<PlanRequest>,
    answer = "yes",
  ): Promise<void> {
    const { hasChanges, dataLost } = this.#show(stack, await this.#planOfNow(stack, requestNow));
    if (!hasChanges) {
      return;
    }
    const losing = dataLost.length === 0 ? "" : " THIS DESTROYS DATA.";
    await this.consent.obtain(`Apply this to ${this.environment.name}?${losing}`, answer);
    await stack.apply();
  }

  /**
   * Plans again where somebody else has deployed meanwhile, for whose lock Terraform waits: what follows from the older
   * facts would take off their brake, or put back an image. Whoever deploys later than this makes the plan stale, and
   * Terraform refuses it.
   */
  async #planOfNow(
    stack: Stack,
    requestNow: () => PlanRequest | Promise<PlanRequest>,
  ): Promise<Plan> {
    let request = await requestNow();
    for (;;) {
      const plan = await stack.plan(request);
      const now = await requestNow();
      if (isDeepStrictEqual(now, request)) {
        return plan;
      }
      say("Somebody else has deployed meanwhile: planning again.");
      request = now;
    }
  }

  /** The step that writes the Terraform of every environment; its program was bundled before. */
  synthesis(): Step {
    const { infra, synthesized } = this.workspace;
    const command = {
      file: process.execPath,
      args: [fromRoot(this.workspace, join(infra, "dist", "main.js"))],
      env: { CDKTF_OUTDIR: synthesized },
      limitMinutes: 5,
    };
    return {
      title: "Synthesize the Terraform of every environment",
      commands: [command],
      run: async () => {
        try {
          await this.shell.run(command);
        } catch (error) {
          throw mistakeIn(error) ?? error;
        }
      },
    };
  }

  /** @throws DeployError NOT_BOOTSTRAPPED. */
  async requireStateBucket(): Promise<void> {
    if (!(await this.aws.bucketExists(this.stateBucket))) {
      throw new DeployError(
        "NOT_BOOTSTRAPPED",
        `There is no bucket ${this.stateBucket} for Terraform's state`,
        `Make it first: pnpm run bootstrap --env ${this.environment.name}`,
      );
    }
  }
}

/** A mistake in what is to be synthesized, by what its program said; undefined where it failed otherwise. */
function mistakeIn(error: unknown): DeployError | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof ExecaError && cause.exitCode === 2
    ? new DeployError("CONFIGURATION", "What is to be deployed has a mistake", String(cause.stderr))
    : undefined;
}
