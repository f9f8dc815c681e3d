/** What became of a replay: it compares what it is of with the silver that was written since. */
import { parseBronzeKey, silverKeys, silverPrefixOfDay } from "@lakehouse/lake/keys";
import { isOutdated, receiptFromMetadata } from "@lakehouse/lake/receipt";
import type { Table } from "@lakehouse/transforms/contract/table";
import pMap from "p-map";
import type { Context } from "../../../context.ts";
import type { Task } from "../../../output/progress.ts";
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
const lookUpsAtOnce = 16;

/** What is known of a replay without listing. */
export interface ReplayState {
  readonly queue: QueueCounts;
  readonly isPaused: boolean;
}

/** What became of the objects of a replay. */
interface ObjectCount {
  readonly done: number;
  readonly left: number;
  /** The first that are left. */
  readonly objects: readonly string[];
  /** The tables of which silver was made by another contract. */
  readonly otherContract: readonly string[];
}

/** Counts the objects of a replay, and names those that are left. */
export async function summarize(
  context: Context,
  record: ReplayRecord,
  state: ReplayState,
): Promise<ReplaySummary> {
  return summaryOf(record, state, await countObjects(context, record));
}

/** The state of a replay that was sent a moment ago: none of its objects is done. */
export function summaryOfSent(record: ReplayRecord, state: ReplayState): ReplaySummary {
  return summaryOf(record, state, { done: 0, left: record.sent, objects: [], otherContract: [] });
}

function summaryOf(
  { id, tables, outdated, from, to, startedAt, sent, sentAt }: ReplayRecord,
  { queue, isPaused }: ReplayState,
  { done, left, objects, otherContract }: ObjectCount,
): ReplaySummary {
  const isSent = sentAt !== undefined;
  const isFresh = isSent && Date.now() - Date.parse(sentAt) < settledMilliseconds;
  const isWaiting = queue.waiting > 0 || (isFresh && left > 0);
  const going = isPaused ? "paused" : "running";
  // Of what was outdated, only the rest can be found again, and only by the contract that it began with.
  const rest = isSent && otherContract.length === 0 ? left : queue.waiting;
  return {
    id,
    tables,
    outdated,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    startedAt,
    state: isSent ? (isWaiting ? going : "ended") : "sending",
    sent,
    done: outdated ? Math.max(0, sent - rest) : done,
    left,
    leftObjects: objects,
    removed: isSent && !outdated ? Math.max(0, sent - done - left) : 0,
    queue,
    otherContract,
  };
}

async function countObjects(context: Context, record: ReplayRecord): Promise<ObjectCount> {
  const { sent, outdated } = record;
  const found = new Found();
  const otherContract: string[] = [];
  const task = context.progress.start("counting", "objects", sent === 0 ? undefined : sent);
  try {
    for (const table of tablesOf(context, record)) {
      const isChanged = table.silverFingerprint !== record.contracts[table.name];
      // With another contract, more is outdated now than when it began.
      if (!outdated) {
        await compare(context, record, table, found, task);
      } else if (!isChanged) {
        await findOutdated(context, record, table, found);
      }
      if (isChanged || (await isMadeByOther(context, table, found.takeSample()))) {
        otherContract.push(table.name);
      }
    }
  } finally {
    task.end();
  }
  return { done: found.done, left: found.left, objects: found.objects, otherContract };
}

/** What a listing has found. */
class Found {
  done = 0;
  left = 0;
  readonly objects: string[] = [];
  #sample: string[] = [];

  addLeft(bronzeKey: string): void {
    this.left += 1;
    if (this.objects.length < named) {
      this.objects.push(bronzeKey);
    }
  }

  /** @param key Of silver that was written since the replay began. */
  addDone(key: string): void {
    if (this.done % objectsPerLookUp === 0) {
      this.#sample.push(key);
    }
    this.done += 1;
  }

  /** The keys of some of the silver that was added since the last sample. */
  takeSample(): readonly string[] {
    const sample = this.#sample;
    this.#sample = [];
    return sample;
  }
}

async function findOutdated(
  context: Context,
  record: ReplayRecord,
  table: Table,
  found: Found,
): Promise<void> {
  const onNewer = (key: string): void => found.addDone(key);
  for await (const { bronzeKey } of outdatedObjects(context, record, table, { onNewer })) {
    found.addLeft(bronzeKey);
  }
}

/** Finds which objects of a table have silver that was written since the replay began. */
async function compare(
  context: Context,
  record: ReplayRecord,
  table: Table,
  found: Found,
  task: Task,
): Promise<void> {
  const { lake, passOver, signal } = context;
  const start = Date.parse(record.startedAt);
  let day = "";
  // The keys of the newer silver of this day's objects. Only one day is in memory.
  let newer = new Set<string>();
  for await (const { bronzeKey } of bronzeObjects(context, record, table)) {
    signal.throwIfAborted();
    const { ingestDate } = parseBronzeKey(bronzeKey);
    if (ingestDate !== day) {
      day = ingestDate;
      newer = new Set();
      const ofDay = lake.silver.list(silverPrefixOfDay(table.name, day), passOver);
      for await (const { key, lastModified } of ofDay) {
        if (lastModified.getTime() >= start) {
          newer.add(key);
        }
      }
    }
    const key = silverKeys(bronzeKey).find((each) => newer.has(each));
    if (key === undefined) {
      found.addLeft(bronzeKey);
    } else {
      found.addDone(key);
    }
    task.reach(found.done + found.left);
  }
}

/** Whether another contract than the one that this command knows made some silver. */
async function isMadeByOther(
  { lake }: Context,
  table: Table,
  keys: readonly string[],
): Promise<boolean> {
  const isOther = async (key: string): Promise<boolean> => {
    const head = await lake.silver.head(key);
    const contract = receiptFromMetadata(head?.metadata ?? {})?.contract;
    return contract !== undefined && isOutdated(contract, table, lake.silver);
  };
  return (await pMap(keys, isOther, { concurrency: lookUpsAtOnce })).includes(true);
}
