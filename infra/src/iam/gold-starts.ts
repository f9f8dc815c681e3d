/** The permissions around the queue that starts gold runs. */
import type { Deployment } from "../deployment.ts";
import { arnOf, resourceName } from "../deployment.ts";
import type { ResourceStatement, Statement } from "./policy.ts";

const send = ["sqs:SendMessage"] as const;

/** The queue's name. Names of FIFO queues must end so. */
export function goldStartsName(deployment: Pick<Deployment, "environment">): string {
  return `${resourceName(deployment, "gold-starts")}.fifo`;
}

/** Permission to ask for a gold run. */
export function askForGold(queueArn: string): Statement {
  return { sid: "StartGold", actions: [...send], resources: [queueArn] };
}

/** Permission for Lambda to take the messages, with the function's role. */
export function takeGoldStarts(queueArn: string): Statement {
  return {
    sid: "TakeStarts",
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    resources: [queueArn],
  };
}

/** What may pass the network's endpoint for SQS: this account's messages that start gold runs. */
export function sqsEndpointStatement(deployment: Deployment): ResourceStatement {
  return {
    sid: "OnlyGoldStarts",
    effect: "Allow",
    principal: { AWS: "*" },
    actions: [...send],
    resources: [arnOf(deployment, "sqs", goldStartsName(deployment))],
    conditions: { StringEquals: { "aws:PrincipalAccount": deployment.accountId } },
  };
}
