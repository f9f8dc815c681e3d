/**
 * Starts gold runs by messages: of bronze-silver after new silver, and of the schedule.
 *
 * The queue is a FIFO queue, and all messages are of one group. Lambda passes one batch of a group at a time, so there is never
 * a second run, and none that is throttled. A message that is repeated within five minutes is dropped.
 */
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping/index.js";
import { PipesPipe } from "@cdktf/provider-aws/lib/pipes-pipe/index.js";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import type { IResolvable } from "cdktf";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { arnOf, type Deployment, onlyFor, resourceName } from "../deployment.ts";
import { startExecution } from "../iam/fan-out.ts";
import { goldStartsName, takeGoldStarts } from "../iam/gold-starts.ts";
import { resourcePolicy } from "../iam/policy.ts";
import { onlyTlsToQueue } from "./dead-letter-queue.ts";
import { ServiceRole } from "./service-role.ts";
import type { TransformFunction } from "./transform-function.ts";

/** Props of a `GoldStarts`. */
export interface GoldStartsProps {
  readonly deployment: Deployment;
  /** Seconds that each message is held back. */
  readonly delaySeconds: number;
}

/**
 * Seconds that messages stay. They hold no data, and the schedule sends another one, so there are no dead letters: a run that
 * fails is tried again until its message expires.
 */
const retentionSeconds = 3_600;
/** Seconds for starting a run, in addition to its own time. */
const startSeconds = 60;
/** The most that Lambda takes of a FIFO queue at once. One run is for all of them. */
const batchSize = 10;

/** The queue. */
export class GoldStarts extends Construct {
  readonly queue: SqsQueue;

  constructor(scope: Construct, id: string, { deployment, delaySeconds }: GoldStartsProps) {
    super(scope, id);
    this.queue = new SqsQueue(this, mainResource, {
      name: goldStartsName(deployment),
      fifoQueue: true,
      // EventBridge Scheduler needs it.
      contentBasedDeduplication: true,
      delaySeconds,
      messageRetentionSeconds: retentionSeconds,
      // Until then no other message starts a run. So a run that failed is repeated after this time, and not at once.
      visibilityTimeoutSeconds: deployment.environment.silverGold.timeoutSeconds + startSeconds,
      receiveWaitTimeSeconds: 20,
      sqsManagedSseEnabled: true,
    });
    new SqsQueuePolicy(this, "policy", {
      queueUrl: this.queue.url,
      policy: resourcePolicy([onlyTlsToQueue(this.queue.arn)]),
    });
  }
}

/** Props of a `GoldTrigger`. */
export interface GoldTriggerProps {
  readonly queue: SqsQueue;
  readonly transform: TransformFunction;
  readonly enabled: IResolvable;
}

/** Invokes the function with the queue's messages. */
export class GoldTrigger extends Construct {
  constructor(scope: Construct, id: string, { queue, transform, enabled }: GoldTriggerProps) {
    super(scope, id);
    new LambdaEventSourceMapping(this, mainResource, {
      eventSourceArn: queue.arn,
      functionName: transform.liveArn,
      enabled,
      batchSize,
      dependsOn: [transform.role.policy],
    });
  }
}

/** Props of a `GoldPipe`. */
export interface GoldPipeProps {
  readonly deployment: Deployment;
  readonly queue: SqsQueue;
  readonly stateMachineArn: string;
  /** `RUNNING` or `STOPPED`. */
  readonly state: string;
}

/** Starts the state machine with the queue's messages. Of executions beside a run, one waits for its end, and the others end at once. */
export class GoldPipe extends Construct {
  constructor(scope: Construct, id: string, props: GoldPipeProps) {
    super(scope, id);
    const { deployment, queue, stateMachineArn } = props;
    const name = resourceName(deployment, "gold-starts");
    const role = new ServiceRole(this, "role", {
      deployment,
      name,
      description: "EventBridge Pipes starts gold runs after new silver",
      service: "pipes.amazonaws.com",
      conditions: (of) => onlyFor(of, arnOf(of, "pipes", `pipe/${name}`)),
      statements: [takeGoldStarts(queue.arn), startExecution(stateMachineArn)],
    });
    new PipesPipe(this, mainResource, {
      name,
      roleArn: role.arn,
      source: queue.arn,
      target: stateMachineArn,
      desiredState: props.state,
      sourceParameters: { sqsQueueParameters: { batchSize } },
      targetParameters: {
        inputTemplate: "{}",
        stepFunctionStateMachineParameters: { invocationType: "FIRE_AND_FORGET" },
      },
      dependsOn: [role.policy],
    });
  }
}
