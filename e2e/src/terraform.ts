/** Runs Terraform on synthesized stacks against the emulator. Every command has a timeout. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pluginDirectories } from "@lakehouse/infra/terraform/plugins";
import {
  startTerraformProvider,
  type TerraformProvider,
} from "@lakehouse/infra/testing/terraform-provider";
import { execa } from "execa";
import type { Emulator } from "./emulator.ts";
import { TerraformError } from "./errors.ts";
import { inherited } from "./runtime.ts";

/** Values of a stack's variables. */
export type Variables = Readonly<Record<string, string>>;

/** What is deployed, from Terraform's state. */
export interface State {
  readonly resources: readonly StateResource[];
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** A resource in Terraform's state. */
export interface StateResource {
  readonly type: string;
  readonly values: unknown;
}

/** What a plan would do to each resource, by its address: `create`, `update`, … */
export type Changes = ReadonlyMap<string, string>;

/** A line of `terraform plan -json`. */
interface PlanMessage {
  readonly type: string;
  readonly change?: { readonly resource: { readonly addr: string }; readonly action: string };
  readonly outputs?: Readonly<Record<string, { readonly action: string }>>;
}

/** The output of `terraform state pull`. */
interface StateFile {
  readonly outputs: Readonly<Record<string, { readonly value: unknown }>>;
  readonly resources: readonly {
    readonly mode: "managed" | "data";
    readonly type: string;
    readonly instances: readonly { readonly attributes: unknown }[];
  }[];
}

type Command = keyof typeof secondsOf;

interface Ended {
  readonly all: string;
  readonly stdout: string;
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
}

const backendFile = "emulator.tfbackend.json";
const secondsOf = { init: 120, plan: 120, apply: 300, state: 30, destroy: 240 };
/** The services that the stacks use, as the provider's `endpoints` block calls them. */
const services = [
  "apigateway",
  "athena",
  "budgets",
  "cloudwatch",
  "ecr",
  "firehose",
  "glue",
  "iam",
  "kinesis",
  "kms",
  "lambda",
  "logs",
  "pipes",
  "s3",
  "scheduler",
  "sfn",
  "sns",
  "sqs",
  "ssm",
  "sts",
];

/** Whether this machine has `terraform`. */
export async function terraformInstalled(): Promise<boolean> {
  const { failed } = await execa("terraform", ["version"], { reject: false, env: environment({}) });
  return !failed;
}

/** One synthesized stack, deployed to the emulator. */
export class Stack {
  readonly #variables: Variables;

  readonly #stateBucket: string | undefined;

  /** Its own, because a provider holds one configuration at a time and stacks are applied side by side. */
  #provider: TerraformProvider | undefined;

  readonly name: string;
  readonly folder: string;

  /**
   * @param name Such as `dev-lakehouse`.
   * @param folder Holds its cdk.tf.json. An override beside it points Terraform at the emulator.
   * @param stateBucket Holds the state, in the emulator. If undefined, a file beside cdk.tf.json does.
   */
  constructor(
    name: string,
    folder: string,
    emulator: Emulator,
    stateBucket: string | undefined,
    variables: Variables = {},
  ) {
    this.name = name;
    this.folder = folder;
    this.#stateBucket = stateBucket;
    this.#variables = variables;
    mkdirSync(folder, { recursive: true });
    this.#write("emulator_override.tf.json", override(emulator, stateBucket === undefined));
    if (stateBucket !== undefined) {
      this.#write(backendFile, backend(emulator, stateBucket));
    }
  }

  /** Starts the provider and prepares the folder. */
  async init(): Promise<void> {
    this.#provider = await startTerraformProvider(environment({}));
    const backend =
      this.#stateBucket === undefined ? [] : [`-backend-config=${join(this.folder, backendFile)}`];
    const plugins = pluginDirectories().map((folder) => `-plugin-dir=${folder}`);
    await this.#run("init", ["-input=false", ...backend, ...plugins]);
  }

  /** The addresses of the synthesized resources of these types. */
  addresses(types: readonly string[]): string[] {
    const text = readFileSync(join(this.folder, "cdk.tf.json"), "utf8");
    const { resource } = JSON.parse(text) as { resource: Record<string, object> };
    return types.flatMap((type) =>
      Object.keys(resource[type] ?? {}).map((name) => `${type}.${name}`),
    );
  }

  async apply(targets: readonly string[] = []): Promise<void> {
    const targeted = targets.map((target) => `-target=${target}`);
    await this.#run("apply", ["-auto-approve", ...this.#arguments({}), ...targeted]);
  }

  /** Applies another synthesized document, as after an edit of infra/, without refreshing the state. */
  async applyDocument(folder: string, targets: readonly string[] = []): Promise<void> {
    copyFileSync(join(folder, "cdk.tf.json"), join(this.folder, "cdk.tf.json"));
    await this.#run("apply", [
      "-auto-approve",
      "-refresh=false",
      ...this.#arguments({}),
      ...targets.map((target) => `-target=${target}`),
    ]);
  }

  /** What would change, after refreshing the state. */
  async plan(): Promise<Changes> {
    return await this.#plan([], this.#arguments({}));
  }

  /** What other values of variables would change, without refreshing the state. */
  async planWith(changed: Variables): Promise<Changes> {
    return await this.#plan(["-refresh=false"], this.#arguments(changed));
  }

  async #plan(...args: readonly string[][]): Promise<Changes> {
    const { stdout } = await this.#run("plan", ["-json", ...args.flat()]);
    const messages = stdout.split("\n").map((line) => JSON.parse(line) as PlanMessage);
    const changes = messages.flatMap(({ type, change, outputs = {} }) => {
      if (type === "planned_change" && change !== undefined) {
        return [[change.resource.addr, change.action] as const];
      }
      return Object.entries(outputs).map(
        ([name, { action }]) => [`output.${name}`, action] as const,
      );
    });
    return new Map(changes.filter(([, action]) => action !== "noop"));
  }

  /** The output of a plan while somebody else holds the state's lock. */
  async planWhileLocked(): Promise<string> {
    const { all } = await this.#execute("plan", this.#arguments({}));
    return all;
  }

  async state(): Promise<State> {
    const { stdout } = await this.#run("state", ["pull"]);
    const { resources, outputs } = JSON.parse(stdout) as StateFile;
    return {
      resources: resources
        .filter(({ mode }) => mode === "managed")
        .flatMap(({ type, instances }) =>
          instances.map(({ attributes }) => ({ type, values: attributes })),
        ),
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { value }]) => [name, value]),
      ),
    };
  }

  /** Lets Terraform destroy resources that the stack always protects, as an edit of their `lifecycle` would. */
  unprotect(...addresses: readonly (readonly [type: string, name: string])[]): void {
    const unprotected = addresses.map(
      ([type, name]) => [type, { [name]: { lifecycle: { prevent_destroy: false } } }] as const,
    );
    this.#write("unprotected_override.tf.json", { resource: Object.fromEntries(unprotected) });
  }

  /** Destroys everything in the state, without refreshing it. */
  async destroy(): Promise<void> {
    await this.#run("destroy", ["-auto-approve", "-refresh=false", ...this.#arguments({})]);
  }

  /** Stops the provider. */
  async stop(): Promise<void> {
    await this.#provider?.stop();
  }

  #write(name: string, content: object): void {
    writeFileSync(join(this.folder, name), JSON.stringify(content, null, 2));
  }

  #arguments(changed: Variables): string[] {
    const variables = Object.entries({ ...this.#variables, ...changed });
    return [
      "-input=false",
      "-parallelism=30",
      ...variables.map(([name, value]) => `-var=${name}=${value}`),
    ];
  }

  async #run(command: Command, args: readonly string[]): Promise<Ended> {
    const ended = await this.#execute(command, args);
    if (ended.exitCode === 0) {
      return ended;
    }
    const waitedFor = [...new Set(ended.all.match(/^[^\n:]+: Still .*$/gm))].slice(-10).join("\n");
    throw new TerraformError(
      command,
      this.name,
      ended.timedOut
        ? `not finished after ${secondsOf[command]} seconds. It waited for:\n${waitedFor}`
        : `failed:\n${ended.all.slice(-6_000)}`,
    );
  }

  async #execute(command: Command, args: readonly string[]): Promise<Ended> {
    const { all, stdout, exitCode, timedOut } = await execa(
      "terraform",
      [`-chdir=${this.folder}`, command, ...args, ...(command === "state" ? [] : ["-no-color"])],
      {
        all: true,
        reject: false,
        timeout: secondsOf[command] * 1_000,
        forceKillAfterDelay: 10_000,
        env: environment({ TF_IN_AUTOMATION: "1", ...this.#provider?.variables }),
        extendEnv: false,
      },
    );
    return { all, stdout, exitCode, timedOut };
  }
}

/** Passes on only what programs need from our environment: no settings of Terraform, no credentials for AWS. */
function environment(more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    ...inherited(["PATH", "HOME", "TMPDIR", "GOGC"]),
    CHECKPOINT_DISABLE: "1",
    AWS_EC2_METADATA_DISABLED: "true",
    ...more,
  };
}

function emulated({ operator }: Emulator) {
  return {
    access_key: operator.accessKeyId,
    secret_key: operator.secretAccessKey,
    skip_credentials_validation: true,
    skip_metadata_api_check: true,
  };
}

/** Terraform merges this into the synthesized document. */
function override(emulator: Emulator, localState: boolean): object {
  const endpoints = Object.fromEntries(services.map((service) => [service, emulator.endpoint]));
  return {
    provider: {
      aws: [{ ...emulated(emulator), s3_use_path_style: true, endpoints: [endpoints] }],
    },
    ...(localState ? { terraform: { backend: { local: {} } } } : {}),
  };
}

/** What a deployment passes to `init`: the bucket, and here also S3's address. */
function backend(emulator: Emulator, bucket: string): object {
  const { endpoint } = emulator;
  return {
    ...emulated(emulator),
    bucket,
    skip_requesting_account_id: true,
    use_path_style: true,
    endpoints: { s3: endpoint, sts: endpoint },
  };
}
