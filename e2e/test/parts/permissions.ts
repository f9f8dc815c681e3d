/** Least privilege: tries what each role must not do, with its credentials. The flow shows that it may do its work. */
import { FirehoseClient, PutRecordCommand } from "@aws-sdk/client-firehose";
import { IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import {
  ChangeMessageVisibilityCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { beforeAll, describe, expect, it } from "vitest";
import { clientOptions } from "../../src/clients.ts";
import type { Credentials } from "../../src/emulator.ts";
import { assumeRole } from "../../src/roles.ts";
import type { System } from "../../src/system.ts";

const roles = [
  "bronze-silver",
  "silver-gold",
  "the stream of orders",
  "the gold schedule",
] as const;

type Role = (typeof roles)[number];

/** Somebody with a role's credentials. */
interface Actor {
  readonly system: System;
  readonly credentials: Credentials;
}

type Attempt = (actor: Actor) => Promise<unknown>;

const s3 = ({ system, credentials }: Actor): S3Client =>
  new S3Client(clientOptions(system.emulator, credentials));
const sqs = ({ system, credentials }: Actor): SQSClient =>
  new SQSClient(clientOptions(system.emulator, credentials));
const lambda = ({ system, credentials }: Actor): LambdaClient =>
  new LambdaClient(clientOptions(system.emulator, credentials));

type Layer = "bronze" | "silver" | "gold";

const read =
  (layer: Layer, Key: string): Attempt =>
  (actor) =>
    s3(actor).send(new GetObjectCommand({ Bucket: actor.system.lake.buckets[layer], Key }));
const write =
  (layer: Layer, Key: string): Attempt =>
  (actor) =>
    s3(actor).send(
      new PutObjectCommand({
        Bucket: actor.system.lake.buckets[layer],
        Key,
        Body: Buffer.from("x"),
      }),
    );
const remove =
  (layer: Layer, Key: string, VersionId?: string): Attempt =>
  (actor) =>
    s3(actor).send(
      new DeleteObjectCommand({ Bucket: actor.system.lake.buckets[layer], Key, VersionId }),
    );
const list =
  (layer: Layer): Attempt =>
  (actor) =>
    s3(actor).send(new ListObjectsV2Command({ Bucket: actor.system.lake.buckets[layer] }));
const listVersions =
  (layer: Layer): Attempt =>
  (actor) =>
    s3(actor).send(new ListObjectVersionsCommand({ Bucket: actor.system.lake.buckets[layer] }));
const replacePolicy =
  (layer: Layer): Attempt =>
  (actor) =>
    s3(actor).send(
      new PutBucketPolicyCommand({ Bucket: actor.system.lake.buckets[layer], Policy: "{}" }),
    );
const removePolicy =
  (layer: Layer): Attempt =>
  (actor) =>
    s3(actor).send(new DeleteBucketPolicyCommand({ Bucket: actor.system.lake.buckets[layer] }));
const suspendVersioning =
  (layer: Layer): Attempt =>
  (actor) =>
    s3(actor).send(
      new PutBucketVersioningCommand({
        Bucket: actor.system.lake.buckets[layer],
        VersioningConfiguration: { Status: "Suspended" },
      }),
    );
const listBuckets: Attempt = (actor) => s3(actor).send(new ListBucketsCommand({}));
const makeBucket: Attempt = (actor) =>
  s3(actor).send(
    new CreateBucketCommand({ Bucket: `lakehouse-${actor.system.environment}-of-our-own` }),
  );
const readState: Attempt = (actor) =>
  s3(actor).send(
    new GetObjectCommand({
      Bucket: actor.system.stateBucket,
      Key: `${actor.system.environment}-registry.tfstate`,
    }),
  );

type FunctionName = "bronzeSilver" | "silverGold";

const invoke =
  (name: FunctionName): Attempt =>
  (actor) =>
    lambda(actor).send(
      new InvokeCommand({
        FunctionName: `${actor.system.deployment[name].arn}:live`,
        Payload: "{}",
      }),
    );
const giveRole =
  (name: FunctionName, from: FunctionName): Attempt =>
  (actor) =>
    lambda(actor).send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: actor.system.deployment[name].name,
        Role: actor.system.deployment[from].roleArn,
      }),
    );
const replaceCode =
  (name: FunctionName): Attempt =>
  (actor) =>
    lambda(actor).send(
      new UpdateFunctionCodeCommand({
        FunctionName: actor.system.deployment[name].name,
        ImageUri: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mine:latest",
      }),
    );
const takeOn =
  (name: FunctionName): Attempt =>
  ({ system, credentials }) =>
    new STSClient(clientOptions(system.emulator, credentials)).send(
      new AssumeRoleCommand({
        RoleArn: system.deployment[name].roleArn,
        RoleSessionName: "another",
      }),
    );
const widen =
  (name: FunctionName): Attempt =>
  ({ system, credentials }) =>
    new IAMClient(clientOptions(system.emulator, credentials)).send(
      new PutRolePolicyCommand({
        RoleName: system.deployment[name].name,
        PolicyName: "everything",
        PolicyDocument: "{}",
      }),
    );
const readParameter: Attempt = ({ system, credentials }) =>
  new SSMClient(clientOptions(system.emulator, credentials)).send(
    new GetParameterCommand({ Name: `/lakehouse/${system.environment}/lake` }),
  );
const ingest: Attempt = ({ system, credentials }) =>
  new FirehoseClient(clientOptions(system.emulator, credentials)).send(
    new PutRecordCommand({
      DeliveryStreamName: system.lake.deliveryStreams["orders"],
      Record: { Data: Buffer.from("{}") },
    }),
  );
const takeMessages: Attempt = (actor) =>
  sqs(actor).send(
    new ReceiveMessageCommand({
      QueueUrl: actor.system.deployment.mapping.queue.url,
      WaitTimeSeconds: 0,
    }),
  );
const takeDeadLetters: Attempt = (actor) =>
  sqs(actor).send(new ReceiveMessageCommand({ QueueUrl: actor.system.deployment.deadLetters.url }));
const purge: Attempt = (actor) =>
  sqs(actor).send(new PurgeQueueCommand({ QueueUrl: actor.system.deployment.mapping.queue.url }));
const hide: Attempt = (actor) =>
  sqs(actor).send(
    new ChangeMessageVisibilityCommand({
      QueueUrl: actor.system.deployment.mapping.queue.url,
      ReceiptHandle: "any",
      VisibilityTimeout: 43_200,
    }),
  );
const notify: Attempt = (actor) =>
  sqs(actor).send(
    new SendMessageCommand({
      QueueUrl: actor.system.deployment.mapping.queue.url,
      MessageBody: "{}",
    }),
  );

const bronzeKey = "orders/2025/01/01/00/any";
const silverObject = "orders/ingest_date=2025-01-01/any.csv";
const quarantineObject = "_quarantine/orders/ingest_date=2025-01-01/any.ndjson";

const forbidden: Readonly<Record<Role, Readonly<Record<string, Attempt>>>> = {
  "bronze-silver": {
    "remove a bronze object": remove("bronze", bronzeKey),
    "remove an old version of a bronze object": remove("bronze", bronzeKey, "null"),
    "replace a bronze object": write("bronze", bronzeKey),
    "read what Firehose could not deliver": read("bronze", "_errors/orders/any"),
    "remove a version of a silver object": remove("silver", silverObject, "null"),
    "write silver outside the tables": write("silver", "elsewhere/any.csv"),
    "read gold": read("gold", "customer_summary/data.csv"),
    "list gold": list("gold"),
    "write gold": write("gold", "customer_summary/data.csv"),
    "list versions": listVersions("bronze"),
    "replace a bucket's policy": replacePolicy("silver"),
    "remove a bucket's policy": removePolicy("bronze"),
    "suspend a bucket's versioning": suspendVersioning("silver"),
    "list buckets": listBuckets,
    "create a bucket": makeBucket,
    "read Terraform's state": readState,
    "invoke the other function": invoke("silverGold"),
    "invoke itself": invoke("bronzeSilver"),
    "give itself the other function's role": giveRole("bronzeSilver", "silverGold"),
    "replace its own code": replaceCode("bronzeSilver"),
    "assume the other function's role": takeOn("silverGold"),
    "widen its own role": widen("bronzeSilver"),
    "read parameters": readParameter,
    "send records": ingest,
    "empty its queue": purge,
    "write to its queue": notify,
    "keep a message hidden": hide,
    "receive dead letters": takeDeadLetters,
  },
  "silver-gold": {
    "read bronze": read("bronze", bronzeKey),
    "list bronze": list("bronze"),
    "remove a bronze object": remove("bronze", bronzeKey),
    "read quarantine": read("silver", quarantineObject),
    "write silver": write("silver", silverObject),
    "remove silver": remove("silver", silverObject),
    "remove a version of a gold object": remove("gold", "customer_summary/data.csv", "null"),
    "replace a bucket's policy": replacePolicy("gold"),
    "remove a bucket's policy": removePolicy("gold"),
    "suspend a bucket's versioning": suspendVersioning("gold"),
    "list buckets": listBuckets,
    "read Terraform's state": readState,
    "invoke the other function": invoke("bronzeSilver"),
    "give itself the other function's role": giveRole("silverGold", "bronzeSilver"),
    "assume the other function's role": takeOn("bronzeSilver"),
    "widen its own role": widen("silverGold"),
    "receive the other function's messages": takeMessages,
    "send records": ingest,
  },
  "the stream of orders": {
    "read another table's objects": read("bronze", "web_events/2025/01/01/00/any"),
    "remove a bronze object": remove("bronze", bronzeKey),
    "write another table's objects": write("bronze", "web_events/2025/01/01/00/any"),
    "write silver": write("silver", silverObject),
    "read silver": read("silver", silverObject),
    "replace a bucket's policy": replacePolicy("bronze"),
    "invoke a function": invoke("bronzeSilver"),
  },
  "the gold schedule": {
    "invoke the other function": invoke("bronzeSilver"),
    "read gold": read("gold", "customer_summary/data.csv"),
    "receive messages": takeMessages,
    "assume its function's role": takeOn("silverGold"),
  },
};

/** Without these, a role that may do nothing would pass. */
const permitted: Readonly<Record<Role, Readonly<Record<string, Attempt>>>> = {
  "bronze-silver": { "list bronze": list("bronze"), "receive messages": takeMessages },
  "silver-gold": { "list silver": list("silver"), "list gold": list("gold") },
  "the stream of orders": { "list bronze": list("bronze") },
  "the gold schedule": { "invoke its function": invoke("silverGold") },
};

export function permissions(started: () => System): void {
  describe.each(roles)("the role of %s", (role) => {
    let actor: Actor;

    beforeAll(async () => {
      const system = started();
      actor = { system, credentials: await credentialsOf(system, role) };
    });

    it.each(Object.entries(permitted[role]))("may %s", async (_, attempt) => {
      await attempt(actor);
    });

    it.each(Object.entries(forbidden[role]))("may not %s", async (_, attempt) => {
      await expect(attempt(actor)).rejects.toHaveProperty("$metadata.httpStatusCode", 403);
    });
  });

  it("an unknown access key is refused", async () => {
    const system = started();
    const stranger = { accessKeyId: "AKIASTRANGER", secretAccessKey: "guessed" };
    const attempt = list("gold")({ system, credentials: stranger });
    await expect(attempt).rejects.toHaveProperty("$metadata.httpStatusCode", 403);
  });
}

async function credentialsOf({ emulator, deployment, lake }: System, role: Role) {
  const { bronzeSilver, silverGold, schedule, streamRoles } = deployment;
  const stream = streamRoles.get(lake.deliveryStreams["orders"] ?? "") ?? "";
  switch (role) {
    case "bronze-silver":
      return await assumeRole(emulator, bronzeSilver.roleArn, "lambda.amazonaws.com");
    case "silver-gold":
      return await assumeRole(emulator, silverGold.roleArn, "lambda.amazonaws.com");
    case "the stream of orders":
      return await assumeRole(emulator, stream, "firehose.amazonaws.com");
    case "the gold schedule":
      return await assumeRole(emulator, schedule.roleArn, "scheduler.amazonaws.com");
  }
}
