/** A queue that keeps failed messages until somebody looks at them. */
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue/index.js";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy/index.js";
import { Construct } from "constructs";
import { mainResource } from "../addresses.ts";
import { type Deployment, resourceName } from "../deployment.ts";
import { type ResourceStatement, resourcePolicy } from "../iam/policy.ts";

/** Props of a `DeadLetterQueue`. */
export interface DeadLetterQueueProps {
  readonly deployment: Deployment;
  /** The queue's name after `lakehouse-<environment>-`. */
  readonly thing: string;
  /** Seconds that a message stays, at most 14 days. */
  readonly retentionSeconds: number;
}

/** A dead-letter queue. */
export class DeadLetterQueue extends Construct {
  readonly queue: SqsQueue;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    this.queue = new SqsQueue(this, mainResource, {
      name: resourceName(props.deployment, props.thing),
      messageRetentionSeconds: props.retentionSeconds,
      sqsManagedSseEnabled: true,
    });
    new SqsQueuePolicy(this, "policy", {
      queueUrl: this.queue.url,
      policy: resourcePolicy([onlyTlsToQueue(this.queue.arn)]),
    });
  }
}

/** Denies requests without TLS. */
export function onlyTlsToQueue(queueArn: string): ResourceStatement {
  return {
    sid: "OnlyTls",
    effect: "Deny",
    principal: { AWS: "*" },
    actions: ["sqs:*"],
    resources: [queueArn],
    conditions: { Bool: { "aws:SecureTransport": "false" } },
  };
}
