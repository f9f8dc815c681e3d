/** The system under test: the emulator, the stacks applied to it, the functions and the command. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutBucketEncryptionCommand, S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { runtimeInterfaceClient } from "@lakehouse/docker/testing/ric";
import { type DeployedLake, parseDeployedLake } from "@lakehouse/lake/deployed-lake";
import { clientOptions } from "./clients.ts";
import { type DeployedFunction, type Deployment, deploymentOf } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";
import { EventSourceMapping } from "./event-source-mapping.ts";
import { FunctionHost } from "./function-host.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { Lakehouse } from "./lakehouse.ts";
import { bucketOf, type EnvironmentName, lakehouseVariables } from "./names.ts";
import { assumeRole } from "./roles.ts";
import { synthesize, synthesizeGold } from "./synthesis.ts";
import { Stack } from "./terraform.ts";

/** How much is applied: all of prod, or the parts of dev that records pass through. */
export type Extent = "all" | "flow";

/** prod has every feature: its own key, access logs, reserved concurrency, protection. */
const environments = { all: "prod", flow: "dev" } as const;

/** The resources that records pass through. Terraform adds their dependencies. */
const flowTargets = [
  "aws_iam_role_policy.bronze_silver_role_policy",
  "aws_iam_role_policy.silver_gold_role_policy",
  "aws_kinesis_firehose_delivery_stream.stream_orders",
  "aws_kinesis_firehose_delivery_stream.stream_web_events",
  "aws_lambda_event_source_mapping.bronze_trigger",
  "aws_lambda_event_source_mapping.gold_trigger",
  "aws_lambda_event_source_mapping.replay_trigger",
  "aws_s3_bucket_notification.bronze_events_notification",
  "aws_scheduler_schedule.catch_up",
  "aws_scheduler_schedule.gold_schedule",
  "aws_ssm_parameter.lake_location",
];

/** What spreads gold runs over many invocations, and what starts them. */
const spreadTargets = [
  "aws_iam_role_policy.gold_fan_out_task_role_policy",
  "aws_pipes_pipe.gold_pipe",
];
const startTargets = ["aws_scheduler_schedule.gold_schedule"];

/** What the lakehouse needs of storage before it is applied. */
const storageTypes = ["aws_s3_bucket", "aws_iam_role"];
/** Versions to restore from. */
const versioning = "aws_s3_bucket_versioning.lake_bronze_versioning";

/** The stacks of an environment. */
export type Stacks = Readonly<Record<"bootstrap" | "storage" | "registry" | "lakehouse", Stack>>;

/** Applied stacks on a running emulator. */
export class System {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly lakehouse: Lakehouse;

  readonly #folder: string;
  readonly #afterSeconds: number;
  #spread: Promise<string> | undefined;

  readonly environment: EnvironmentName;
  readonly emulator: Emulator;
  readonly stacks: Stacks;
  readonly deployment: Deployment;
  readonly lake: DeployedLake;
  /** Gets the invocations of the state machine. */
  readonly functions: FunctionHost;

  private constructor(
    environment: EnvironmentName,
    emulator: Emulator,
    stacks: Stacks,
    deployment: Deployment,
    lake: DeployedLake,
    functions: FunctionHost,
    folder: string,
    afterSeconds: number,
  ) {
    this.environment = environment;
    this.emulator = emulator;
    this.stacks = stacks;
    this.deployment = deployment;
    this.lake = lake;
    this.functions = functions;
    this.#folder = folder;
    this.#afterSeconds = afterSeconds;
    const options = clientOptions(emulator, emulator.operator);
    this.s3 = new S3Client(options);
    this.sqs = new SQSClient(options);
    this.lakehouse = new Lakehouse(emulator, environment);
  }

  /** The bucket that holds Terraform's state. */
  get stateBucket(): string {
    return bucketOf(this.environment, "state");
  }

  /**
   * Starts the emulator and applies the stacks to it.
   *
   * @param afterSeconds When silver starts gold. Only for the flow: prod has only the schedule, as most deployments do.
   * @throws EmulatorError without moto; TerraformError.
   */
  static async start(extent: Extent, afterSeconds = 1): Promise<System> {
    const functions = await FunctionHost.start();
    const emulator = await startEmulator(functions.address);
    if (emulator === undefined) {
      throw new EmulatorError("This machine has no Python with moto.");
    }
    const environment = environments[extent];
    const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-"));
    const started: Stack[] = [];
    try {
      const folders =
        extent === "flow"
          ? synthesizeGold(folder, { startBySilver: { afterSeconds } })
          : await synthesize(folder);
      const stack = (kind: string, bucket?: string, variables = {}): Stack => {
        const name = `${environment}-${kind}`;
        const made = new Stack(name, folders.get(name) ?? "", emulator, bucket, variables);
        started.push(made);
        return made;
      };
      const stacks = {
        bootstrap: stack("bootstrap"),
        storage: stack("storage"),
        // Its state is in S3, as in a deployment. The others keep theirs in a file, so all can be applied at once.
        registry: stack("registry", bucketOf(environment, "state")),
        lakehouse: stack("lakehouse", undefined, lakehouseVariables(environment)),
      };
      // Compiles once on each machine. That takes a minute, in which Terraform mostly waits.
      await Promise.all([
        extent === "all" ? applyAll(stacks) : applyFlow(stacks),
        runtimeInterfaceClient(),
      ]);
      const { resources, outputs } = await stacks.lakehouse.state();
      const lake = parseDeployedLake(JSON.stringify(outputs["lake"]));
      const deployment = deploymentOf(resources);
      const system = new System(
        environment,
        emulator,
        stacks,
        deployment,
        lake,
        functions,
        folder,
        afterSeconds,
      );
      if (extent === "flow") {
        await system.#encrypt();
      }
      return system;
    } catch (error) {
      await Promise.all([emulator, functions, ...started].map((each) => each.stop()));
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Encrypts new objects with a KMS key, as prod's are: each PUT then gives another ETag. */
  async #encrypt(): Promise<void> {
    const ApplyServerSideEncryptionByDefault = { SSEAlgorithm: "aws:kms" } as const;
    const ServerSideEncryptionConfiguration = { Rules: [{ ApplyServerSideEncryptionByDefault }] };
    for (const Bucket of Object.values(this.lake.buckets)) {
      const input = { Bucket, ServerSideEncryptionConfiguration };
      await this.s3.send(new PutBucketEncryptionCommand(input));
    }
  }

  /** Starts an execution environment of a function, with its role's credentials. */
  async run(deployed: DeployedFunction, endpoint?: string): Promise<FunctionProcess> {
    const credentials = await assumeRole(this.emulator, deployed.roleArn, "lambda.amazonaws.com");
    return await startFunction(deployed, endpoint ?? this.emulator.endpoint, credentials);
  }

  /** Maps a queue, by default that of bronze objects, to an execution environment of its function. */
  async mapTo(
    { environment: execution }: FunctionProcess,
    mapping = this.deployment.mapping,
  ): Promise<EventSourceMapping> {
    const { roleArn } = mapping.function;
    const credentials = await assumeRole(this.emulator, roleArn, "lambda.amazonaws.com");
    const { endpoint } = this.emulator;
    return new EventSourceMapping(mapping, execution, endpoint, credentials, this.sqs);
  }

  /** Deploys what spreads gold runs, but does not start it yet. Most of that is waiting, so other tests may run meanwhile. */
  prepareSpread(): Promise<string> {
    this.#spread ??= this.#applySpread();
    // Whoever needs it gets the error.
    this.#spread.catch(() => {});
    return this.#spread;
  }

  /**
   * Turns on the fan-out of gold runs, as an edit of the environment would.
   *
   * @returns What is then deployed.
   */
  async spreadGold(): Promise<Deployment> {
    const { lakehouse } = this.stacks;
    await lakehouse.applyDocument(await this.prepareSpread(), startTargets);
    const { resources } = await lakehouse.state();
    return deploymentOf(resources);
  }

  /** @returns The folder of the lakehouse's document. */
  async #applySpread(): Promise<string> {
    const folder = mkdtempSync(join(this.#folder, "spread-"));
    const folders = synthesizeGold(folder, {
      startBySilver: { afterSeconds: this.#afterSeconds },
      fanOut: { concurrency: 3 },
    });
    const { bootstrap, storage, lakehouse } = this.stacks;
    const documentOf = ({ name }: Stack): string => folders.get(name) ?? "";
    await Promise.all([
      bootstrap.applyDocument(documentOf(bootstrap), ["aws_iam_policy.boundary"]),
      storage.applyDocument(documentOf(storage), [
        "aws_iam_role.gold_fan_out_role",
        "aws_iam_role.gold_fan_out_task_role",
        "aws_iam_role.gold_pipe_role",
      ]),
    ]);
    await lakehouse.applyDocument(documentOf(lakehouse), spreadTargets);
    return documentOf(lakehouse);
  }

  async stop(): Promise<void> {
    const started = [this.emulator, this.functions, ...Object.values(this.stacks)];
    await Promise.all(started.map((each) => each.stop()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function applyAll({ bootstrap, storage, registry, lakehouse }: Stacks): Promise<void> {
  const first = async (): Promise<void> => {
    await bootstrap.init();
    // Storage and the lakehouse look up the key when they are planned. They use everything else of bootstrap by name only.
    await bootstrap.apply(["aws_kms_alias.key_alias", "aws_kms_alias.key_alarms_alias"]);
  };
  await Promise.all([first(), storage.init(), lakehouse.init()]);
  await storage.apply(storage.addresses(storageTypes));
  const others = async (): Promise<void> => {
    await bootstrap.apply();
    await registry.init();
    await registry.apply();
  };
  await Promise.all([others(), storage.apply(), lakehouse.apply()]);
}

async function applyFlow({ bootstrap, storage, lakehouse }: Stacks): Promise<void> {
  const bounds = async (): Promise<void> => {
    await bootstrap.init();
    // Without the boundary no role may do anything.
    await bootstrap.apply(["aws_iam_policy.boundary"]);
  };
  const flow = async (): Promise<void> => {
    await Promise.all([storage.init(), lakehouse.init()]);
    await storage.apply([...storage.addresses(storageTypes), versioning]);
    await lakehouse.apply(flowTargets);
  };
  await Promise.all([bounds(), flow()]);
}
