/** The Lambda function: processes an event's bronze objects, and reports which failed. */
import { tmpdir } from "node:os";
import { BatchProcessor, EventType, processPartialResponse } from "@aws-lambda-powertools/batch";
import { Logger } from "@aws-lambda-powertools/logger";
import { bronzeSilver } from "@lakehouse/lake/functions";
import { isBronzeKey } from "@lakehouse/lake/keys";
import { openLake } from "@lakehouse/lake/lake";
import { isLate, markLate } from "@lakehouse/lake/late-silver";
import type { PassOver } from "@lakehouse/lake/object-store";
import { personalKeyFinder } from "@lakehouse/lake/personal-key";
import { openScratch } from "@lakehouse/lake/scratch";
import { catalog } from "@lakehouse/tables/catalog";
import { asError } from "@lakehouse/transforms/errors";
import type { Context, SQSBatchResponse, SQSRecord } from "aws-lambda";
import { backlog } from "./backlog.ts";
import { ObjectsFailedError, ObjectTimeoutError } from "./errors.ts";
import { type Notification, notificationOf, parseEvent } from "./event.ts";
import { GoldStarter, sendTo } from "./gold-starter.ts";
import { objectMetrics } from "./object-metrics.ts";
import { answerTasks, ObjectProcess } from "./object-process.ts";
import { type ProcessedObject, processObject } from "./process-object.ts";
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

/** Catching up stops when this much time is left, in milliseconds, or a quarter of a short time-out. */
const longestReserve = 60_000;
collectLessOften();
const logger = new Logger({ serviceName: bronzeSilver });
const runtime = readRuntime();
const limits = { blockBytes: runtime.blockBytes };
const lake = openLake(runtime.location, runtime.lake, ["bronze", "silver"]);
const findPersonalKey = personalKeyFinder(runtime.personalKey);
const metrics = objectMetrics(runtime.environment);
const goldStarter =
  runtime.goldStarts &&
  new GoldStarter(runtime.goldStarts.seconds, sendTo(runtime.goldStarts.queue));
/** Gold lists a directory whole in each run. */
const isS3 = runtime.location === "s3";

/** One invocation. */
interface Invocation {
  /** The time for objects that is left, in milliseconds. */
  readonly timeLeft: () => number;
  readonly scratch: string;
  /** Processes the objects that might harm others. */
  readonly apart: ObjectProcess;
  /** Called for each new object whose silver has been written. */
  readonly onSilver: () => void;
}

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
  await using apart = new ObjectProcess(import.meta.url, scratch.path);
  const timeLeft = timeForObjects(context);
  let hasSilver = false;
  const onSilver = (): void => {
    hasSilver = true;
  };
  const invocation = { timeLeft, scratch: scratch.path, apart, onSilver };
  const answer = async (): Promise<SQSBatchResponse | Summary> => {
    switch (request.kind) {
      case "messages":
        return await handleMessages(event as { Records: SQSRecord[] }, context, invocation);
      case "keys":
        return await handleKeys([...new Set(request.keys)], invocation);
      case "catch-up":
        return await catchUp(context, invocation);
    }
  };
  try {
    return await answer();
  } finally {
    // Both also if some failed.
    if (hasSilver) {
      await startGold();
    }
    metrics.publish();
  }
}

/** Starts gold. Silver is as good without it, so its errors are logged and forgotten. */
async function startGold(): Promise<void> {
  try {
    await goldStarter?.start();
  } catch (error) {
    const { name, message } = asError(error);
    logger.error("gold not started: the schedule's next run reads the new silver", {
      error: { name, message },
    });
  }
}

/** Processes the objects of the parent process. See `ObjectProcess`. */
export function serveObjects(): void {
  answerTasks((key, scratch) =>
    processObject(lake, catalog, key, { scratch, limits, findPersonalKey }),
  );
}

/** A part of the time is for the report, which must be made before Lambda ends the invocation. */
function timeForObjects(context: Context): () => number {
  const forReport = Math.min(10_000, context.getRemainingTimeInMillis() / 10);
  return () => context.getRemainingTimeInMillis() - forReport;
}

/**
 * Processes the messages of a batch. An object that takes too long, or kills the process, fails alone: each object has
 * its share of the time. If a message was received before, its batch may have been killed by any of its objects. So
 * each of them gets a process of its own, after those that were not received before.
 */
async function handleMessages(
  { Records }: { readonly Records: readonly SQSRecord[] },
  context: Context,
  invocation: Invocation,
): Promise<SQSBatchResponse> {
  // Several messages of a batch may be about one object.
  const done = new Map<string, Promise<unknown>>();
  let left = Records.length;
  const handleMessage = async (message: SQSRecord): Promise<void> => {
    const isApart = Records.length > 1 && receivesOf(message) > 1;
    try {
      const { keys, replay } = readMessage(message);
      for (const key of keys) {
        const running =
          done.get(key) ??
          unlessRemoved(key, replay, run(key, 1 / left, isApart, invocation, replay));
        done.set(key, running);
        await Promise.allSettled([running]);
      }
      await Promise.all(keys.map((key) => done.get(key)));
    } finally {
      left -= 1;
    }
  };
  return await processPartialResponse(
    { Records: Records.toSorted((a, b) => receivesOf(a) - receivesOf(b)) },
    handleMessage,
    new BatchProcessor(EventType.SQS),
    // One object at a time: memory is bounded by the object, not by the batch.
    { context, processInParallel: false, throwOnFullBatchFailure: false },
  );
}

/** How often a message was received, this time included. A test event from AWS's console doesn't say. */
function receivesOf({ attributes }: Partial<SQSRecord>): number {
  return Number(attributes?.ApproximateReceiveCount) || 1;
}

function readMessage(message: SQSRecord): Notification {
  try {
    return notificationOf(message);
  } catch (error) {
    logger.error("message refused", { messageId: message.messageId, error: String(error) });
    throw error;
  }
}

/** Waits for an object. It is no failure if a replay's was removed meanwhile: trying again would not help. */
async function unlessRemoved(
  key: string,
  replay: string | undefined,
  running: Promise<ProcessedObject>,
): Promise<void> {
  try {
    await running;
  } catch (error) {
    if (replay === undefined || !isBronzeKey(key) || (await lake.bronze.head(key)) !== undefined) {
      throw error;
    }
    logger.warn("object was removed", { key, replay });
  }
}

/** Processes all objects, even if some fail. */
async function handleKeys(keys: readonly string[], invocation: Invocation): Promise<Summary> {
  const report = new Report();
  for (const [index, key] of keys.entries()) {
    await report.add(key, run(key, 1 / (keys.length - index), keys.length > 1, invocation));
  }
  return report.finish();
}

/** Processes objects without silver while time is left, even if some fail. */
async function catchUp(context: Context, invocation: Invocation): Promise<Summary> {
  const reserve = Math.min(longestReserve, context.getRemainingTimeInMillis() / 4);
  const report = new Report();
  const passOver: PassOver = ({ message }) => logger.warn("passed over", { reason: message });
  for await (const key of backlog(lake, catalog, passOver)) {
    if (context.getRemainingTimeInMillis() > reserve) {
      // Half of the time, because the next invocation would begin with the same object.
      await report.add(key, run(key, 1 / 2, true, invocation));
    } else {
      report.left += 1;
    }
  }
  return report.finish();
}

/** Collects what became of objects. */
class Report {
  /** Objects for which no time was left. */
  left = 0;
  readonly #done: ProcessedObject[] = [];
  readonly #failed: string[] = [];

  async add(key: string, running: Promise<ProcessedObject>): Promise<void> {
    try {
      this.#done.push(await running);
    } catch {
      this.#failed.push(key);
    }
  }

  /** @throws ObjectsFailedError */
  finish(): Summary {
    const summary = summarize(this.#done, this.left);
    logger.info("run finished", { ...summary, failed: this.#failed });
    if (this.#failed.length > 0) {
      throw new ObjectsFailedError(this.#failed, summary.objects, this.left);
    }
    return summary;
  }
}

/**
 * Processes an object.
 *
 * @param share How much of the time that is left it may take.
 * @param isApart Whether in another process.
 * @param replay The replay that it belongs to. Alarms watch the metrics of what arrives, so a replay has none. Nor does it start
 *   gold, which would begin to merge it again and again.
 */
async function run(
  key: string,
  share: number,
  isApart: boolean,
  { timeLeft, scratch, apart, onSilver }: Invocation,
  replay?: string,
): Promise<ProcessedObject> {
  try {
    const milliseconds = timeLeft() * share;
    const processed = isApart
      ? await apart.process(key, milliseconds)
      : await within(milliseconds, key, (signal) =>
          processObject(lake, catalog, key, { scratch, limits, signal, findPersonalKey }),
        );
    if (isS3 && isLate(key, Date.now())) {
      await markLate(lake.silver, key);
    }
    if (replay === undefined) {
      onSilver();
      metrics.processed(processed);
    }
    logger.info("object processed", { key, replay, ...processed.receipt });
    return processed;
  } catch (error) {
    const { name, message } = asError(error);
    logger.error("object failed", { key, replay, error: { name, message } });
    throw error;
  }
}

/** Gives up after some time. The work ends soon afterwards. */
async function within<T>(
  milliseconds: number,
  key: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new ObjectTimeoutError(key, milliseconds);
    controller.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work(controller.signal), late]);
  } finally {
    clearTimeout(timer);
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
