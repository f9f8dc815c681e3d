/** The Lambda function: processes an event's bronze objects, and reports which failed. */
import { tmpdir } from "node:os";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import { bronzeSilver } from "@lakehouse/lake/functions";
import { openLake } from "@lakehouse/lake/lake";
import { openScratch } from "@lakehouse/lake/scratch";
import { catalog } from "@lakehouse/tables/catalog";
import type { Context, SQSBatchResponse, SQSRecord } from "aws-lambda";
import { backlog } from "./backlog.ts";
import { ObjectsFailedError } from "./errors.ts";
import { keysOfMessage, parseEvent } from "./event.ts";
import { objectMetrics } from "./object-metrics.ts";
import { type ProcessedObject, type ProcessOptions, processObject } from "./process-object.ts";
import { collectLessOften, readRuntime } from "./runtime.ts";

/** What the function returns if SQS did not call it. */
export interface Summary {
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Objects of the backlog that are left, because time ran out. */
  readonly left: number;
}

/** Catching up stops when this much time is left, in milliseconds. */
const reserve = 60_000;
collectLessOften();
const logger = new Logger({ serviceName: bronzeSilver });
const runtime = readRuntime();
const limits = { blockBytes: runtime.blockBytes };
const lake = openLake(runtime.location, runtime.lake, ["bronze", "silver"]);
const metrics = objectMetrics(runtime.environment);

/**
 * Handles SQS batches of S3 notifications, S3 and EventBridge events, `{"keys": […]}`, and `{}` to catch up.
 *
 * @returns For SQS, the messages that failed; otherwise counts.
 * @throws UnknownEventError. If SQS did not call it, also ObjectsFailedError, after all objects have been tried.
 */
export async function handler(
  event: unknown,
  context: Context,
): Promise<SQSBatchResponse | Summary> {
  const request = parseEvent(event);
  // Removes what killed invocations left: they share /tmp with this one.
  using scratch = openScratch(tmpdir(), bronzeSilver);
  const options = { scratch: scratch.path, limits };
  try {
    if (request.kind === "messages") {
      return await handleMessages(event, context, options);
    }
    const hasTime = (): boolean => context.getRemainingTimeInMillis() > reserve;
    return request.kind === "keys"
      ? await runAll(new Set(request.keys), () => true, options)
      : await runAll(backlog(lake, catalog), hasTime, options);
  } finally {
    // Also if some failed.
    metrics.publish();
  }
}

async function handleMessages(
  event: unknown,
  context: Context,
  options: ProcessOptions,
): Promise<SQSBatchResponse> {
  // Several messages of a batch may be about one object.
  const done = new Map<string, Promise<ProcessedObject>>();
  const handleMessage = async (message: SQSRecord): Promise<void> => {
    for (const key of keysOf(message)) {
      const running = done.get(key) ?? run(key, options);
      done.set(key, running);
      await running;
    }
  };
  return await processPartialResponse(
    event as { Records: SQSRecord[] },
    handleMessage,
    new BatchProcessor(EventType.SQS),
    // One object at a time: memory is bounded by the object, not by the batch.
    { context, processInParallel: false, throwOnFullBatchFailure: false },
  );
}

function keysOf(message: SQSRecord): string[] {
  try {
    return keysOfMessage(message);
  } catch (error) {
    logger.error("message refused", { messageId: message.messageId, error: String(error) });
    throw error;
  }
}

/** Processes all objects, even if some fail. */
async function runAll(
  keys: Iterable<string> | AsyncIterable<string>,
  mayGoOn: () => boolean,
  options: ProcessOptions,
): Promise<Summary> {
  const done: ProcessedObject[] = [];
  const failed: string[] = [];
  let left = 0;
  for await (const key of keys) {
    if (!mayGoOn()) {
      left++;
      continue;
    }
    try {
      done.push(await run(key, options));
    } catch {
      failed.push(key);
    }
  }
  const summary = summarize(done, left);
  logger.info("run finished", { ...summary, failed });
  if (failed.length > 0) {
    throw new ObjectsFailedError(failed, summary.objects, left);
  }
  return summary;
}

async function run(key: string, options: ProcessOptions): Promise<ProcessedObject> {
  try {
    const processed = await processObject(lake, catalog, key, options);
    metrics.processed(processed);
    logger.info("object processed", { key, ...processed.receipt });
    return processed;
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    logger.error("object failed", { key, error: { name, message } });
    throw error;
  }
}

function summarize(done: readonly ProcessedObject[], left: number): Summary {
  const sum = (count: "records" | "rows" | "quarantined" | "dropped"): number =>
    done.reduce((total, { receipt }) => total + receipt[count], 0);
  return {
    objects: done.length,
    records: sum("records"),
    rows: sum("rows"),
    quarantined: sum("quarantined"),
    dropped: sum("dropped"),
    left,
  };
}
