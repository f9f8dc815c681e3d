/** The whole system under test: the emulator, the stacks applied to it, and who acts on them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { runtimeInterfaceClient } from "@lakehouse/docker/ric";
import { type DeployedLake, parseDeployedLake } from "@lakehouse/lake/deployed-lake";
import { clientOptions } from "./clients.ts";
import { type DeployedFunction, type Deployment, deploymentOf } from "./deployment.ts";
import { type Emulator, startEmulator } from "./emulator.ts";
import { EmulatorError } from "./errors.ts";
import { EventSourceMapping } from "./event-source-mapping.ts";
import { type FunctionProcess, startFunction } from "./function-process.ts";
import { Lakehouse } from "./lakehouse.ts";
import { assumeRole } from "./roles.ts";
import { synthesize } from "./synthesis.ts";
import { Stack } from "./terraform.ts";

/** How much is applied: all of it, or only what records go through. */
export type Extent = "all" | "flow";

const environment = "dev";
const account = "123456789012";
export const stateBucket = `lakehouse-${environment}-state-${account}`;

/** What records go through; Terraform adds what these need. */
const flowTargets = [
  "aws_iam_role_policy.bronze_silver_role_policy",
  "aws_iam_role_policy.silver_gold_role_policy",
  "aws_kinesis_firehose_delivery_stream.stream_orders",
  "aws_kinesis_firehose_delivery_stream.stream_web_events",
  "aws_lambda_event_source_mapping.bronze_trigger",
  "aws_s3_bucket_notification.bronze_events_notification",
  "aws_scheduler_schedule.gold_schedule",
  "aws_ssm_parameter.lake_location",
];

/** The image of a function, by a digest that nobody pushed: functions run as processes here. */
export function madeUpImage(transform: string, digit: string): string {
  const registry = `${account}.dkr.ecr.eu-west-1.amazonaws.com/lakehouse-${environment}`;
  return `${registry}/${transform}@sha256:${digit.repeat(64)}`;
}

/** The variables of the lakehouse stack. Paused, for the emulator's own triggers would take the messages away. */
export const lakehouseVariables = {
  bronze_silver_image: madeUpImage("bronze-silver", "a"),
  silver_gold_image: madeUpImage("silver-gold", "b"),
  paused: "true",
};

/** Applied stacks on a running emulator. */
export class System {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly lakehouse: Lakehouse;

  private constructor(
    readonly emulator: Emulator,
    readonly stacks: Readonly<Record<"bootstrap" | "registry" | "lakehouse", Stack>>,
    readonly deployment: Deployment,
    readonly lake: DeployedLake,
    private readonly folder: string,
  ) {
    const options = clientOptions(emulator, emulator.operator);
    this.s3 = new S3Client(options);
    this.sqs = new SQSClient(options);
    this.lakehouse = new Lakehouse(emulator, environment);
  }

  /**
   * Starts the emulator and applies the stacks to it.
   *
   * @throws EmulatorError without moto; TerraformError.
   */
  static async start(extent: Extent): Promise<System> {
    const emulator = await startEmulator();
    if (emulator === undefined) throw new EmulatorError("this machine has no Python with moto.");
    const folder = mkdtempSync(join(tmpdir(), "lakehouse-e2e-"));
    try {
      const folders = await synthesize(folder);
      const stack = (kind: string, bucket?: string, variables = {}): Stack =>
        new Stack(
          `${environment}-${kind}`,
          folders.get(`${environment}-${kind}`) ?? "",
          emulator,
          bucket,
          variables,
        );
      const stacks = {
        bootstrap: stack("bootstrap"),
        // Its state is where a deployment's is; that of the others is in a file, so that all can go at once.
        registry: stack("registry", stateBucket),
        lakehouse: stack("lakehouse", undefined, lakehouseVariables),
      };
      // Compiled once for a machine; it takes a minute in which Terraform mostly waits.
      await Promise.all([
        applyFirst(stacks, extent),
        applyLakehouse(stacks.lakehouse, extent),
        runtimeInterfaceClient(),
      ]);
      const { resources, outputs } = await stacks.lakehouse.state();
      const lake = parseDeployedLake(JSON.stringify(outputs["lake"]));
      return new System(emulator, stacks, deploymentOf(resources), lake, folder);
    } catch (error) {
      await emulator.stop();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** An execution environment of a function, with its role's credentials. */
  async run(deployed: DeployedFunction, endpoint?: string): Promise<FunctionProcess> {
    const credentials = await assumeRole(this.emulator, deployed.roleArn, "lambda.amazonaws.com");
    return await startFunction(deployed, endpoint ?? this.emulator.endpoint, credentials);
  }

  /** What hands the queue's messages to an execution environment of bronze-silver. */
  async mapTo({ environment: execution }: FunctionProcess): Promise<EventSourceMapping> {
    const { mapping } = this.deployment;
    const { roleArn } = mapping.function;
    const credentials = await assumeRole(this.emulator, roleArn, "lambda.amazonaws.com");
    const { endpoint } = this.emulator;
    return new EventSourceMapping(mapping, execution, endpoint, credentials, this.sqs);
  }

  async stop(): Promise<void> {
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

type Stacks = System["stacks"];

async function applyFirst({ bootstrap, registry }: Stacks, extent: Extent): Promise<void> {
  await bootstrap.init();
  if (extent === "flow") {
    // Without the boundary no role may do anything.
    await bootstrap.apply(["aws_iam_policy.boundary"]);
    return;
  }
  await bootstrap.apply();
  await registry.init();
  await registry.apply();
}

async function applyLakehouse(lakehouse: Stack, extent: Extent): Promise<void> {
  await lakehouse.init();
  await lakehouse.apply(extent === "flow" ? flowTargets : []);
}
