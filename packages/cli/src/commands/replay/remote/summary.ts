/** What became of a replay: it compares what it is of with the silver that was written since. */
import { parseBronzeKey, silverKeys, silverPrefixOfDay } from "@lakehouse/lake/keys";
import { isOutdated, receiptFromMetadata } from "@lakehouse/lake/receipt";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../../context.ts";
import { bronzeObjects, outdatedObjects, tablesOf } from "./keys.ts";
import type { QueueCounts } from "./queue.ts";
import type { ReplayRecord } from "./record.ts";

/** The state of a replay. */
export interface ReplaySummary
  extends Pick<ReplayRecord, "id" | "tables" | "outdated" | "from" | "to" | "startedAt"> {
  /**
   * - `sending`: not all objects were sent.
   * - `running`: objects are waiting or in progress.
   * - `paused`: objects are waiting, and nothing processes them.
   * - `ended`: nothing is waiting.
   */
  readonly state: "sending" | "running" | "paused" | "ended";
  /** Objects that were sent, and those of them that were processed. */
  readonly sent: number;
  readonly done: number;
  /** Objects that were not processed. If it has ended, they have failed. */
  readonly left: number;
  /** The first of them. */
  readonly leftObjects: readonly string[];
  /** Objects that were sent, and removed from bronze since. */
  readonly removed: number;
  /** What waits in the queue, and what has failed five times, of all replays. */
  readonly queue: QueueCounts;
  /** The tables of which it has made silver by another contract than the one that this command knows. */
  readonly otherContract: readonly string[];
}

/** SQS's counts are right a minute after the last change, as AWS says. */
export const settledMilliseconds = 60_000;
/** How many objects are named. */
const named = 10;
/** Looking up the contract of each object would cost as much as the replay. */
const objectsPerLookUp = 1_000;

/** What is known of a replay without listing. */
export interface ReplayState {
  readonly queue: QueueCounts;
  readonly isPaused: boolean;
}

/** Counts the objects of a replay, and names those that are left. */
export async function summarize(
  context: Context,
  record: ReplayRecord,
  { queue, isPaused }: ReplayState,
): Promise<ReplaySummary> {
  const { id, tables, outdated, from, to, startedAt, sent, sentAt } = record;
  const found = new Found();
  const otherContract: string[] = [];
  const task = context.progress.start("counting", "objects", sent === 0 ? undefined : sent);
  try {
    for (const table of tablesOf(context, record)) {
      let isOther = table.silverFingerprint !== record.contracts[table.name];
      if (outdated) {
        // With another contract, more is outdated now than when it began.
        if (!isOther) {
          await findOutdated(context, record, table, found);
        }
      } else {
        for await (const key of madeBy(context, record, table, found)) {
          isOther ||= await isMadeByOther(context, table, key);
          task.reach(found.done);
        }
      }
      if (isOther) {
        otherContract.push(table.name);
      }
    }
  } finally {
    task.end();
  }
  const isSent = sentAt !== undefined;
  const isFresh = isSent && Date.now() - Date.parse(sentAt) < settledMilliseconds;
  const isWaiting = queue.waiting > 0 || (isFresh && found.left > 0);
  const going = isPaused ? "paused" : "running";
  // Of what was outdated, only the rest can be found again.
  const rest = isSent && otherContract.length === 0 ? found.left : queue.waiting;
  return {
    id,
    tables,
    outdated,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    startedAt,
    state: isSent ? (isWaiting ? going : "ended") : "sending",
    sent,
    done: outdated ? Math.max(0, sent - rest) : found.done,
    left: found.left,
    leftObjects: found.objects,
    removed: isSent && !outdated ? Math.max(0, sent - found.done - found.left) : 0,
    queue,
    otherContract,
  };
}

/** What a listing has found. */
class Found {
  done = 0;
  left = 0;
  readonly objects: string[] = [];

  addLeft(bronzeKey: string): void {
    this.left += 1;
    if (this.objects.length < named) {
      this.objects.push(bronzeKey);
    }
  }
}

async function findOutdated(
  context: Context,
  record: ReplayRecord,
  table: Table,
  found: Found,
): Promise<void> {
  for await (const { bronzeKey } of outdatedObjects(context, record, table)) {
    found.addLeft(bronzeKey);
  }
}

/** Finds which objects of a table have newer silver. It returns the key of some of this silver. */
async function* madeBy(
  context: Context,
  record: ReplayRecord,
  table: Table,
  found: Found,
): AsyncGenerator<string> {
  const { lake, passOver, signal } = context;
  const start = Date.parse(record.startedAt);
  let day = "";
  // The keys of the silver that the replay has made of this day's objects. Only one day is in memory.
  let made = new Set<string>();
  for await (const { bronzeKey } of bronzeObjects(context, record, table)) {
    signal.throwIfAborted();
    const { ingestDate } = parseBronzeKey(bronzeKey);
    if (ingestDate !== day) {
      day = ingestDate;
      made = new Set();
      const ofDay = lake.silver.list(silverPrefixOfDay(table.name, day), passOver);
      for await (const { key, lastModified } of ofDay) {
        if (lastModified.getTime() >= start) {
          made.add(key);
        }
      }
    }
    const key = silverKeys(bronzeKey).find((each) => made.has(each));
    if (key === undefined) {
      found.addLeft(bronzeKey);
    } else {
      if (found.done % objectsPerLookUp === 0) {
        yield key;
      }
      found.done += 1;
    }
  }
}

async function isMadeByOther({ lake }: Context, table: Table, key: string): Promise<boolean> {
  const head = await lake.silver.head(key);
  const contract = receiptFromMetadata(head?.metadata ?? {})?.contract;
  return contract !== undefined && isOutdated(contract, table, lake.silver);
}
