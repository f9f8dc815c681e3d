/** The metric of the memory that a function uses. Lambda reports it only in the function's log. */
import { metricsNamespace } from "@lakehouse/lake/metrics";
import { resourceName } from "../deployment.ts";
import type { Environment } from "../environment.ts";

/** How a metric filter finds Lambda's reports, and the MiB in them. Lambda calls them MB. */
export const memoryReport = {
  pattern: '{ $.type = "platform.report" }',
  value: "$.record.metrics.maxMemoryUsedMB",
  unit: "Megabytes",
} as const;

/** The metric of a function. A metric filter can't add dimensions of its own, so the name says whose memory it is. */
export function memoryMetric(
  environment: Environment,
  transform: string,
): { readonly namespace: string; readonly name: string } {
  return {
    namespace: `${metricsNamespace}/Functions`,
    name: resourceName({ environment }, `${transform}-memory`),
  };
}
