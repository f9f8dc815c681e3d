/** Runs Terraform on synthesized stacks against the emulator. Every command has an end. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pluginDirectories } from "@lakehouse/infra/terraform/plugins";
import { execa } from "execa";
import type { Emulator } from "./emulator.ts";
import { TerraformError } from "./errors.ts";

/** Values of a stack's variables. */
export type Variables = Readonly<Record<string, string>>;

/** A resource in Terraform's state. */
export interface StateResource {
  readonly address: string;
  readonly type: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** What a plan would change, by the resources' addresses. */
export type Changes = ReadonlyMap<string, readonly string[]>;

interface ShownPlan {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly change: { readonly actions: readonly string[] };
  }[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

const secondsOf = { init: 120, validate: 60, plan: 120, apply: 240, show: 30, destroy: 240 };
/** The services that the stacks use, as the provider's `endpoints` block calls them. */
const services = [
  "athena",
  "budgets",
  "cloudwatch",
  "ecr",
  "firehose",
  "glue",
  "iam",
  "kms",
  "lambda",
  "logs",
  "s3",
  "scheduler",
  "sns",
  "sqs",
  "ssm",
  "sts",
];

/** Whether this machine has a `terraform`. */
export async function terraformInstalled(): Promise<boolean> {
  const { failed } = await execa("terraform", ["version"], { reject: false, env: environment({}) });
  return !failed;
}

/** One synthesized stack, deployed to the emulator. */
export class Stack {
  readonly #variables: Variables;

  /**
   * @param name As `dev-lakehouse`.
   * @param folder Holds its cdk.tf.json; an override beside it leads Terraform to the emulator.
   * @param stateBucket Where the state is kept, in the emulator; undefined for a file beside cdk.tf.json.
   */
  constructor(
    readonly name: string,
    readonly folder: string,
    emulator: Emulator,
    private readonly stateBucket: string | undefined,
    variables: Variables = {},
  ) {
    this.#variables = variables;
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "emulator_override.tf.json"),
      JSON.stringify(override(emulator, stateBucket === undefined), null, 2),
    );
  }

  async init(): Promise<void> {
    const backend =
      this.stateBucket === undefined ? [] : [`-backend-config=bucket=${this.stateBucket}`];
    const plugins = pluginDirectories().map((folder) => `-plugin-dir=${folder}`);
    await this.#run("init", ["-input=false", ...backend, ...plugins]);
  }

  async validate(): Promise<void> {
    await this.#run("validate", []);
  }

  async apply(targets: readonly string[] = []): Promise<void> {
    const targeted = targets.map((target) => `-target=${target}`);
    await this.#run("apply", ["-auto-approve", ...this.#arguments({}), ...targeted]);
  }

  /** Plans, with some variables changed, and says what would change. */
  async plan(changed: Variables = {}): Promise<Changes> {
    const file = `${Object.keys(changed).length === 0 ? "plan" : "changed"}.tfplan`;
    await this.#run("plan", [`-out=${file}`, ...this.#arguments(changed)]);
    const plan = JSON.parse(await this.#run("show", ["-json", file])) as ShownPlan;
    const changes = [
      ...(plan.resource_changes ?? []).map(({ address, change }) => [address, change.actions]),
      ...Object.entries(plan.output_changes ?? {}).map(([name, { actions }]) => [
        `output.${name}`,
        actions,
      ]),
    ] as [string, readonly string[]][];
    return new Map(changes.filter(([, actions]) => !["no-op", "read"].includes(actions.join())));
  }

  /** What Terraform says when it plans while somebody else holds the lock of the state. */
  async planWhileLocked(): Promise<string> {
    const { all } = await this.#execute("plan", this.#arguments({}));
    return all;
  }

  async resources(): Promise<readonly StateResource[]> {
    interface State {
      readonly values?: { readonly root_module?: { readonly resources?: StateResource[] } };
    }
    const state = JSON.parse(await this.#run("show", ["-json"])) as State;
    return state.values?.root_module?.resources ?? [];
  }

  async destroy(): Promise<void> {
    await this.#run("destroy", ["-auto-approve", ...this.#arguments({})]);
  }

  #arguments(changed: Variables): string[] {
    const variables = Object.entries({ ...this.#variables, ...changed });
    return [
      "-input=false",
      "-parallelism=30",
      ...variables.map(([name, value]) => `-var=${name}=${value}`),
    ];
  }

  async #run(command: keyof typeof secondsOf, args: readonly string[]): Promise<string> {
    const { all, stdout, failed, timedOut } = await this.#execute(command, args);
    if (!failed) return stdout;
    const waitedFor = [...new Set(all.match(/^[^\n:]+: Still .*$/gm))].slice(-10).join("\n");
    throw new TerraformError(
      command,
      this.name,
      timedOut
        ? `not done after ${secondsOf[command]} seconds. It waited for:\n${waitedFor}`
        : `failed:\n${all.slice(-6_000)}`,
    );
  }

  async #execute(
    command: keyof typeof secondsOf,
    args: readonly string[],
  ): Promise<{ all: string; stdout: string; failed: boolean; timedOut: boolean }> {
    const { all, stdout, failed, timedOut } = await execa(
      "terraform",
      [`-chdir=${this.folder}`, command, ...args, ...(command === "show" ? [] : ["-no-color"])],
      {
        all: true,
        reject: false,
        timeout: secondsOf[command] * 1_000,
        forceKillAfterDelay: 10_000,
        env: environment({ TF_IN_AUTOMATION: "1" }),
        extendEnv: false,
      },
    );
    return { all, stdout, failed, timedOut };
  }
}

/** Of our own environment only what programs need: no settings of Terraform's, no credentials for AWS. */
function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  const kept = ["PATH", "HOME", "TMPDIR"].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    CHECKPOINT_DISABLE: "1",
    AWS_EC2_METADATA_DISABLED: "true",
    ...more,
  };
}

/** Merged by Terraform over what was synthesized, of which it leaves all else as it is. */
function override({ endpoint, operator }: Emulator, localState: boolean): object {
  const emulated = {
    access_key: operator.accessKeyId,
    secret_key: operator.secretAccessKey,
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
  };
  return {
    provider: {
      aws: [
        {
          ...emulated,
          s3_use_path_style: true,
          endpoints: [Object.fromEntries(services.map((service) => [service, endpoint]))],
        },
      ],
    },
    terraform: {
      backend: localState
        ? { local: {} }
        : {
            s3: {
              ...emulated,
              skip_requesting_account_id: true,
              use_path_style: true,
              endpoints: { s3: endpoint, sts: endpoint },
            },
          },
    },
  };
}
