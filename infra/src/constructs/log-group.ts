/** A log group with the environment's retention. */
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group/index.js";
import type { Construct } from "constructs";
import type { Deployment } from "../deployment.ts";

/** Creates a log group with retention. `name` is the full name. */
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
