/** The Lambda function: an event in, its bronze objects through, what failed out. */
import { tmpdir } from "node:os";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import { bronzeSilver } from "@lakehouse/lake/functions";
import { openLake } from "@lakehouse/lake/lake";
import { catalog } from "@lakehouse/tables/catalog";
import type { Context, SQSBatchResponse, SQSRecord } from "aws-lambda";
import { backlog } from "./backlog.ts";
import { ObjectsFailedError } from "./errors.ts";
import { keysOfMessage, parseEvent } from "./event.ts";
import { objectMetrics } from "./object-metrics.ts";
import { type ProcessedObject, processObject } from "./process-object.ts";
import { collectLessOften, readRuntime } from "./runtime.ts";

/** What the function answers when it is not called by SQS. */
export interface Summary {
  readonly objects: number;
  readonly records: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dropped: number;
  /** Objects of the backlog that the time did not suffice for. */
  readonly left: number;
}

/** Catching up stops while this much time is left, milliseconds. */
const reserve = 60_000;
collectLessOften();
const logger = new Logger({ serviceName: bronzeSilver });
const runtime = readRuntime();
const options = { scratch: tmpdir(), limits: { blockBytes: runtime.blockBytes } };
const lake = openLake(runtime.location, runtime.lake, ["bronze", "silver"]);
const metrics = objectMetrics(runtime.environment);

/**
 * Handles SQS batches of S3 notifications, S3 and EventBridge events, `{"keys": […]}`, and `{}` to catch up.
 *
 * @returns For SQS the messages that failed; else counts.
 * @throws UnknownEventError; ObjectsFailedError, after all objects were tried, when not called by SQS.
 */
export async function handler(
  event: unknown,
  context: Context,
): Promise<SQSBatchResponse | Summary> {
  const request = parseEvent(event);
  try {
    if (request.kind === "messages") {
      return await handleMessages(event, context);
    }
    return request.kind === "keys"
      ? await runAll(new Set(request.keys), () => true)
      : await runAll(backlog(lake, catalog), () => context.getRemainingTimeInMillis() > reserve);
  } finally {
    // Also when some have failed.
    metrics.publish();
  }
}

async function handleMessages(event: unknown, context: Context): Promise<SQSBatchResponse> {
  // Several messages of a batch may tell of one object.
  const done = new Map<string, Promise<ProcessedObject>>();
  const handleMessage = async (message: SQSRecord): Promise<void> => {
    for (const key of keysOf(message)) {
      const running = done.get(key) ?? run(key);
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

/** One object that fails does not keep the others from being processed. */
async function runAll(
  keys: Iterable<string> | AsyncIterable<string>,
  mayGoOn: () => boolean,
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
      done.push(await run(key));
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

async function run(key: string): Promise<ProcessedObject> {
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
