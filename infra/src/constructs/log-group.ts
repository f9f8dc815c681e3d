/** A log group that forgets after the environment's days. */
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import type { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";

/** A log group with retention; `name` is the whole name. */
export function logGroup(
  scope: Construct,
  { environment }: Deployment,
  name: string,
): CloudwatchLogGroup {
  return new CloudwatchLogGroup(scope, "logs", {
    name,
    retentionInDays: environment.retention.logDays,
  });
}
