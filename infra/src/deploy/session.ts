/** What the deploy programs share: one environment in one account, its stacks, and how they are changed. */

import { dirname, join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { projectRoot } from "@lakehouse/tables/project-root";
import { settingsFile } from "@lakehouse/transforms/project";
import { ExecaError } from "execa";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";
import type { Runtime } from "../runtime.ts";
import type { StackKind } from "../stacks/environment-stack.ts";
import { Aws } from "./aws.ts";
import { confirm, print, say } from "./console.ts";
import { DeployError } from "./errors.ts";
import { type Plan, summarize } from "./plan-summary.ts";
import { Shell } from "./shell.ts";
import { type PlanRequest, pluginCache, Stack, terraformEnvironment } from "./terraform.ts";

/** How a program runs. */
export interface SessionOptions {
  /** The folder of this program and of the one that synthesizes, in the folder of what is deployed. */
  readonly dist: string;
  readonly runtime: Runtime;
  readonly dryRun: boolean;
  readonly verbose: boolean;
  /** Whether changes need no confirmation. */
  readonly yes?: boolean;
  /** Whether to show plans only. */
  readonly readOnly?: boolean;
}

/** One run of a deploy program. */
export class Session {
  readonly infra: string;
  readonly aws: Aws;
  readonly shell: Shell;
  /** The stacks that were opened, in order. */
  readonly opened: Stack[] = [];
  readonly #synthesized: string;
  #steps = 0;
  /** The account's number, once `identify` has asked AWS for it. */
  account = "<account>";
  /** Whose credentials these are, once it has asked. */
  identityArn = "";

  readonly environment: Environment;
  readonly options: SessionOptions;

  constructor(environment: Environment, options: SessionOptions) {
    this.environment = environment;
    this.options = options;
    const { dist, runtime, dryRun, verbose } = options;
    const infra = dirname(dist);
    this.infra = infra;
    this.aws = new Aws(environment.region);
    this.shell = new Shell(
      projectRoot(infra) ?? dirname(infra),
      terraformEnvironment(runtime.pluginCache ?? pluginCache(infra)),
      dryRun,
      verbose,
    );
    this.#synthesized = runtime.synthesized ?? join(infra, "cdktf.out");
  }

  /** The bucket that holds Terraform's state. */
  get stateBucket(): string {
    return `${resourceName(this, "state")}-${this.account}`;
  }

  /** Where ECR keeps the images: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-dev`. */
  get registry(): string {
    const { region, name } = this.environment;
    return `${this.account}.dkr.ecr.${region}.amazonaws.com/lakehouse-${name}`;
  }

  stack(kind: StackKind): Stack {
    const name = `${this.environment.name}-${kind}`;
    const folder = join(this.#synthesized, "stacks", name);
    return new Stack(this.shell, this.infra, name, folder);
  }

  /** Finds the account. @throws DeployError WRONG_ACCOUNT if the environment belongs in another. */
  async identify(): Promise<void> {
    const { account, arn } = await this.aws.identity();
    const { name, region, account: expected = account } = this.environment;
    if (account !== expected) {
      throw new DeployError(
        "WRONG_ACCOUNT",
        `These credentials (${arn}) are of account ${account}, but environment ${name} belongs in ${expected}`,
        `Use that account's credentials (AWS_PROFILE), or fix ${settingsFile}.`,
      );
    }
    this.account = account;
    this.identityArn = arn;
    say(`Environment ${name}, region ${region}, account ${account}, as ${arn}`);
  }

  /** Prints what comes next. In a dry run, its commands follow. */
  readonly step = (title: string): void => {
    this.#steps += 1;
    (this.options.dryRun ? print : say)(`[${this.#steps}] ${title}`);
  };

  /** Writes the Terraform of every environment, in a dry run too. */
  async synthesize(): Promise<void> {
    this.step("Synthesize the Terraform of every environment");
    const command = {
      file: process.execPath,
      args: [relative(this.shell.folder, join(this.options.dist, "main.js"))],
      env: { CDKTF_OUTDIR: this.#synthesized },
      minutes: 5,
    };
    try {
      await this.shell.run(command, { watched: false });
      if (this.options.dryRun) {
        await this.shell.read(command);
      }
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof ExecaError && cause.exitCode === 2) {
        throw new DeployError("CONFIGURATION", String(cause.stderr), undefined, { cause });
      }
      throw error;
    }
  }

  /** Opens a stack with its state in the state bucket. @throws DeployError NOT_BOOTSTRAPPED without a bucket. */
  async open(kind: StackKind): Promise<Stack> {
    const bucket = this.stateBucket;
    if (!this.options.dryRun && !(await this.aws.bucketExists(bucket))) {
      throw new DeployError(
        "NOT_BOOTSTRAPPED",
        `There is no bucket ${bucket} for Terraform's state`,
        `Create it first: npm run bootstrap -- --env ${this.environment.name}`,
      );
    }
    const stack = this.stack(kind);
    await stack.init(bucket);
    if (!this.opened.some(({ name }) => name === stack.name)) {
      this.opened.push(stack);
    }
    return stack;
  }

  /** Asks for consent, unless `--yes` gives it. @throws DeployError NOT_CONFIRMED. */
  async confirm(question: string, expected = "yes"): Promise<void> {
    if (!this.options.yes) {
      await confirm(question, expected, this.shell.stopped);
    }
  }

  /**
   * Plans and shows the plan. Then, unless this session is read-only, asks and applies exactly that plan.
   *
   * @param requestNow What to plan, from what is deployed at that time.
   * @param answer What the user must type.
   */
  async change(
    stack: Stack,
    requestNow: () => Promise<PlanRequest>,
    answer?: string,
  ): Promise<void> {
    const { dryRun, readOnly } = this.options;
    const plan = await this.#plan(stack, requestNow);
    if (dryRun) {
      return readOnly ? undefined : await stack.apply();
    }
    const { hasChanges, losesData, text } = summarize(stack.name, plan);
    print(text);
    if (!hasChanges) {
      return;
    }
    say(`In full: terraform -chdir=${stack.shownFolder} show plan.tfplan`);
    if (!readOnly) {
      const warning = losesData ? " THIS DESTROYS DATA." : "";
      await this.confirm(`Apply this to ${this.environment.name}?${warning}`, answer);
      await stack.apply();
    }
  }

  /**
   * Plans. Plans again if somebody else deployed while Terraform waited for their lock: an older image or pause must
   * not come back. Terraform itself refuses a plan if somebody deploys later than that.
   */
  async #plan(stack: Stack, requestNow: () => Promise<PlanRequest>): Promise<Plan> {
    const { readOnly } = this.options;
    const request = await requestNow();
    const plan = await stack.plan(request, !readOnly);
    if (readOnly || isDeepStrictEqual(await requestNow(), request)) {
      return plan;
    }
    say("Somebody else has deployed in the meantime: planning again.");
    return await this.#plan(stack, requestNow);
  }
}
