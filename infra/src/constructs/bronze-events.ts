/** Triggers bronze-silver: each new bronze object, or a replay, sends a message. The function gets messages in batches. */
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js";
import { S3BucketNotification } from "@cdktf/provider-aws/lib/s3-bucket-notification/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import { SqsQueueRedriveAllowPolicy } from "@cdktf/provider-aws/lib/sqs-queue-redrive-allow-policy/index.js";
import { bronzePrefix } from "@lakehouse/lake/keys";
import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { maximumReceives, secondsBetweenAttempts } from "../bronze-attempts.ts";
import { type Deployment, onlyFor, resourceName } from "../deployment.ts";
import { type ResourceStatement, resourcePolicy } from "../iam/policy.ts";
import { tableFolders } from "../table-folders.ts";
import { DeadLetterQueue, onlyTlsToQueue } from "./dead-letter-queue.ts";
import type { NamedBucket } from "./lake-reference.ts";
import type { TransformFunction } from "./transform-function.ts";

/** Props of an `ObjectQueue`. */
export interface ObjectQueueProps {
  readonly deployment: Deployment;
  /** The queue's name after `lakehouse-<environment>-`. */
  readonly thing: string;
  /** The statements of its policy that let services send. */
  readonly senders: (queueArn: string) => readonly ResourceStatement[];
}

/** Props of a `BronzeQueue`. */
export interface BronzeQueueProps {
  readonly deployment: Deployment;
  readonly bronze: NamedBucket;
  /** The tables' names. Only objects under their prefixes send messages, so `_errors/` does not. */
  readonly tables: readonly string[];
}

/** S3's limit for a bucket. */
const maximumNotifications = 100;
const daySeconds = 86_400;
// A message's age counts from its first queue, so the dead-letter queue must keep it longer.
const retentionSeconds = 7 * daySeconds;
const deadLetterRetentionSeconds = 14 * daySeconds;

/** A queue of bronze objects to process, and its dead-letter queue. */
export class ObjectQueue extends Construct {
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly policy: SqsQueuePolicy;

  constructor(scope: Construct, id: string, { deployment, thing, senders }: ObjectQueueProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, "dead_letters", {
      deployment,
      thing: `${thing}-dead-letters`,
      retentionSeconds: deadLetterRetentionSeconds,
    }).queue;
    this.queue = new SqsQueue(this, mainResource, {
      name: resourceName(deployment, thing),
      messageRetentionSeconds: retentionSeconds,
      visibilityTimeoutSeconds: secondsBetweenAttempts(deployment.environment),
      receiveWaitTimeSeconds: 20,
      sqsManagedSseEnabled: true,
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: this.deadLetters.arn,
        maxReceiveCount: maximumReceives,
      }),
    });
    new SqsQueueRedriveAllowPolicy(this, "redrive_allow", {
      queueUrl: this.deadLetters.url,
      redriveAllowPolicy: JSON.stringify({
        redrivePermission: "byQueue",
        sourceQueueArns: [this.queue.arn],
      }),
    });
    this.policy = new SqsQueuePolicy(this, "policy", {
      queueUrl: this.queue.url,
      policy: resourcePolicy([onlyTlsToQueue(this.queue.arn), ...senders(this.queue.arn)]),
    });
  }
}

/** The queue of new bronze objects. */
export class BronzeQueue extends ObjectQueue {
  constructor(scope: Construct, id: string, { deployment, bronze, tables }: BronzeQueueProps) {
    super(scope, id, {
      deployment,
      thing: "bronze-events",
      senders: (queueArn) => [
        {
          sid: "BronzeNotifies",
          effect: "Allow",
          principal: { Service: "s3.amazonaws.com" },
          actions: ["sqs:SendMessage"],
          resources: [queueArn],
          conditions: onlyFor(deployment, bronze.arn),
        },
      ],
    });
    new S3BucketNotification(this, "notification", {
      bucket: bronze.name,
      queue: tableFolders(tables, bronzePrefix, ({ length }) => length <= maximumNotifications).map(
        (filterPrefix) => ({
          id: filterPrefix.replace("/", ""),
          queueArn: this.queue.arn,
          events: ["s3:ObjectCreated:*"],
          filterPrefix,
        }),
      ),
      // S3 sends a test message when the notification is created.
      dependsOn: [this.policy],
    });
  }
}

/** Props of a `BronzeTrigger`. */
export interface BronzeTriggerProps {
  readonly deployment: Deployment;
  readonly queue: SqsQueue;
  readonly transform: TransformFunction;
  readonly enabled: IResolvable;
  /** The most concurrent invocations for this queue. */
  readonly maximumConcurrency: number;
}

/** Invokes the function with a queue's messages. */
export class BronzeTrigger extends Construct {
  readonly mappingId: string;

  constructor(scope: Construct, id: string, props: BronzeTriggerProps) {
    super(scope, id);
    const { batchSize, batchWindowSeconds } = props.deployment.environment.bronzeSilver;
    const mapping = new LambdaEventSourceMapping(this, mainResource, {
      eventSourceArn: props.queue.arn,
      functionName: props.transform.liveArn,
      enabled: props.enabled,
      batchSize,
      maximumBatchingWindowInSeconds: batchWindowSeconds,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: props.maximumConcurrency },
      dependsOn: [props.transform.role.policy],
    });
    this.mappingId = mapping.uuid;
  }
}
