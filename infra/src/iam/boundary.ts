/** The permissions boundary: the most that a role of the lakehouse may do, whatever its policy says. */
import { arnOf, type Deployment } from "../deployment.ts";
import { buildOnAthena } from "./athena-models.ts";
import { streamBounds } from "./door.ts";
import { stateMachineBounds } from "./fan-out.ts";
import { useKey } from "./lake-access.ts";
import { joinNetwork } from "./network.ts";
import { readPersonalKey } from "./personal-key.ts";
import type { Statement, UnscopedStatement } from "./policy.ts";
import { replicationAccess } from "./replication.ts";
import { publishTables } from "./table-access.ts";

/**
 * The permissions that functions, streams and schedules need, for all resources of the environment.
 *
 * Whoever deploys can write policies. Without a boundary, that would be permission to do everything.
 *
 * @param keyArn The lake's own key, if it has one.
 */
export function boundaryStatements(
  deployment: Deployment,
  keyArn: string | undefined,
): readonly (Statement | UnscopedStatement)[] {
  const { environment, accountId, partition } = deployment;
  const replica = environment.bronze?.replica;
  const ours = `lakehouse-${environment.name}-*`;
  const layer = (name: string): string =>
    `arn:${partition}:s3:::lakehouse-${environment.name}-${name}-${accountId}`;
  return [
    {
      sid: "Objects",
      actions: ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
      resources: [`${layer("bronze")}/*`, `${layer("silver")}/*`, `${layer("gold")}/*`],
    },
    {
      // Nobody removes bronze objects.
      sid: "MadeObjects",
      actions: ["s3:DeleteObject"],
      resources: [`${layer("silver")}/*`, `${layer("gold")}/*`],
    },
    {
      sid: "Buckets",
      actions: ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:GetBucketLocation"],
      resources: [layer("bronze"), layer("silver"), layer("gold")],
    },
    ...useKey(deployment, keyArn),
    ...(replica === undefined
      ? []
      : replicationAccess(deployment, { arn: layer("bronze") }, keyArn, replica)),
    publishTables(deployment),
    ...buildOnAthena(deployment, { arn: layer("gold") }),
    ...readPersonalKey(deployment),
    ...streamBounds(deployment, keyArn),
    {
      sid: "Queues",
      actions: [
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
      ],
      resources: [arnOf(deployment, "sqs", ours)],
    },
    {
      sid: "Functions",
      actions: ["lambda:InvokeFunction"],
      resources: [arnOf(deployment, "lambda", `function:${ours}`)],
    },
    {
      sid: "Logs",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [
        arnOf(deployment, "logs", `log-group:/aws/lambda/${ours}`),
        arnOf(deployment, "logs", `log-group:/aws/kinesisfirehose/${ours}`),
      ],
    },
    ...stateMachineBounds(deployment),
    traces,
    ...joinNetwork(deployment),
  ];
}

/** Permission to send traces. */
export const traces: UnscopedStatement = {
  sid: "Trace",
  actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
  everyResourceBecause: "X-Ray has no resource to limit segments to",
};
