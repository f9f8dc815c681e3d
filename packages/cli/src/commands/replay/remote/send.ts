/** Sends the objects of a replay to the queue. The record says how far it came, so that a stopped replay goes on. */
import { replayMessage } from "@lakehouse/bronze-silver/event";
import pMap from "p-map";
import type { Context } from "../../../context.ts";
import { InterruptedError } from "../../../errors.ts";
import { ReplayQueueError } from "./errors.ts";
import { objectsToSend, type ReplayedObject } from "./keys.ts";
import { messagesPerSend, type ReplayQueue } from "./queue.ts";
import { type ReplayRecord, type StoredRecord, saveRecord } from "./record.ts";

/** Objects that are sent before the next are listed. */
const chunkObjects = 1_000;
const sendsAtOnce = 16;
/** The record is written this often, so that a command that is killed sends few objects twice. */
const saveMilliseconds = 5_000;
/** How often messages are sent that the queue did not take. The SDK retries whole calls. */
const attempts = 8;
const firstWaitMilliseconds = 100;

/** The clock. */
export interface Clock {
  readonly now: () => number;
  readonly wait: (milliseconds: number) => Promise<void>;
}

/**
 * Sends all objects that are not sent yet.
 *
 * @throws InterruptedError if the user stops it, after it has noted what was sent.
 */
export async function sendObjects(
  context: Context,
  queue: ReplayQueue,
  stored: StoredRecord,
  clock: Clock,
): Promise<StoredRecord> {
  const { lake, progress, signal } = context;
  const { id } = stored.record;
  let saved = stored;
  let { sent, position } = stored.record;
  let savedAt = clock.now();
  const save = async (changes: Pick<ReplayRecord, "sentAt"> = {}): Promise<void> => {
    saved = await saveRecord(lake.silver, saved, { sent, position, ...changes });
    savedAt = clock.now();
  };
  const task = progress.start("to the queue", "objects", undefined);
  task.reach(sent);
  let chunk: ReplayedObject[] = [];
  const sendChunk = async (): Promise<void> => {
    const bodies = chunk.map(({ bronzeKey }) => replayMessage(bronzeKey, id));
    await pMap(slices(bodies), (slice) => sendSlice(queue, slice, clock), {
      concurrency: sendsAtOnce,
    });
    sent += chunk.length;
    position = chunk.at(-1)?.position ?? position;
    chunk = [];
    task.reach(sent);
    if (clock.now() - savedAt >= saveMilliseconds) {
      await save();
    }
  };
  try {
    for await (const object of objectsToSend(context, stored.record)) {
      signal.throwIfAborted();
      chunk.push(object);
      if (chunk.length === chunkObjects) {
        await sendChunk();
      }
    }
    await sendChunk();
    await save({ sentAt: new Date(clock.now()).toISOString() });
    return saved;
  } catch (error) {
    if (sent > saved.record.sent) {
      await save();
    }
    if (error instanceof InterruptedError) {
      throw new InterruptedError(
        error.exitCode,
        `Stopped. The replay ${id} has sent ${sent} objects, which are processed. `,
        `Send the others: lakehouse replay --resume ${id}`,
      );
    }
    throw error;
  } finally {
    task.end();
  }
}

/** Sends some messages, and again those that the queue did not take. */
async function sendSlice(
  queue: ReplayQueue,
  bodies: readonly string[],
  { wait }: Clock,
): Promise<void> {
  let left = bodies;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const refused = new Set(await queue.send(left));
    if (refused.size === 0) {
      return;
    }
    left = left.filter((_, index) => refused.has(index));
    await wait(firstWaitMilliseconds * 2 ** attempt);
  }
  throw new ReplayQueueError(
    `The queue has not taken ${left.length} messages in ${attempts} attempts`,
    "Wait a minute, then run: lakehouse replay --resume",
  );
}

function slices(bodies: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(bodies.length / messagesPerSend) }, (_, index) =>
    bodies.slice(index * messagesPerSend, (index + 1) * messagesPerSend),
  );
}
