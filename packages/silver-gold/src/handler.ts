/** The Lambda function: one run of silver→gold for each event. */
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Logger } from "@aws-lambda-powertools/logger";
import { silverGold } from "@lakehouse/lake/functions";
import { openLake } from "@lakehouse/lake/lake";
import { catalog } from "@lakehouse/tables/catalog";
import { CheckFailedError } from "./errors.ts";
import { parseEvent } from "./event.ts";
import { goldMetrics } from "./gold-metrics.ts";
import type { GoldRun } from "./gold-run.ts";
import { runGold } from "./run-gold.ts";

const logger = new Logger({ serviceName: silverGold });
// The lake is in S3. Tests may use a directory, as the command does.
const location = process.env["LAKEHOUSE_LAKE"] ?? "s3";
const lake = openLake(location, process.env, ["silver", "gold"]);
const metrics = goldMetrics(process.env["LAKEHOUSE_ENVIRONMENT"]);
const scratch = join(
  tmpdir(),
  `${silverGold}-${process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? process.pid}`,
);
const memoryMib = Number(process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] ?? 1024);

/**
 * Handles scheduled events, `{}` and `{"rebuild": true}`.
 *
 * A run that loses to another one is not an error. Logs and errors name the model or object and what happened to
 * it, but never the content of a record: `lakehouse gold` shows the rows of a failed check.
 */
export async function handler(event: unknown): Promise<GoldRun> {
  try {
    const { rebuild } = parseEvent(event);
    await metrics.started(lake.gold);
    // The rest is for Polars, which holds one piece of silver and one partition at a time.
    const memoryLimitMib = Math.max(128, Math.floor(memoryMib / 4));
    // A killed invocation may have left files behind. Lambda runs one invocation at a time in a process.
    await rm(scratch, { recursive: true, force: true });
    const run = await runGold(lake, catalog, { rebuild, scratch, memoryLimitMib });
    metrics.finished(run);
    logger.info("run finished", { ...run });
    return run;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const checks = error instanceof CheckFailedError ? error.failures.map(withoutRows) : undefined;
    if (checks !== undefined) {
      metrics.failed(checks.length);
    }
    logger.error("run failed", { error: { name, message }, ...(checks && { checks }) });
    throw error;
  } finally {
    metrics.publish();
  }
}

function withoutRows({ model, check, failing }: CheckFailedError["failures"][number]) {
  return { model, check, failing };
}
