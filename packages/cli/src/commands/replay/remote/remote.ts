/** Replays on the deployed queue: bronze-silver does the work with its own concurrency, and this command follows. */
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../../context.ts";
import { UsageError } from "../../../errors.ts";
import { follow, stateOf } from "./follow.ts";
import type { ReplayQueue } from "./queue.ts";
import { createRecord, readRecord, type StoredRecord } from "./record.ts";
import { type Clock, sendObjects } from "./send.ts";
import { openSqsQueue } from "./sqs-queue.ts";
import { type ReplayState, type ReplaySummary, summarize, summaryOfSent } from "./summary.ts";

/** What a replay is of, and whether to wait for its end. */
export interface RemoteOptions {
  readonly outdated: boolean;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly wait: boolean;
}

/** Opens the queue of the environment. @throws UsageError if there is none. */
export async function openQueue({ environment, deployed }: Context): Promise<ReplayQueue> {
  if (environment === undefined || deployed === undefined) {
    throw new UsageError(
      "Only a deployed environment has a queue of replays",
      "Name the environment: --env dev. Without --remote, replay works on this machine.",
    );
  }
  if (deployed.replay === undefined) {
    throw new UsageError(
      `Environment ${environment} was deployed by an earlier version, without a queue of replays`,
      `Deploy it again: pnpm run deploy --env ${environment}. Without --remote, replay works on this machine.`,
    );
  }
  return await openSqsQueue(environment, deployed.region, deployed.replay);
}

/** Starts a replay of tables. */
export async function startReplay(
  context: Context,
  queue: ReplayQueue,
  tables: readonly Table[],
  { outdated, from, to, wait }: RemoteOptions,
  clock: Clock,
): Promise<ReplaySummary> {
  // Before anything is noted or sent: it needs the permissions of all that follows.
  await stateOf(queue);
  const scope = {
    tables: tables.map(({ name }) => name),
    outdated,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    contracts: Object.fromEntries(tables.map((each) => [each.name, each.silverFingerprint])),
  };
  const stored = await createRecord(context.lake.silver, scope, clock.wait);
  return await send(context, queue, stored, wait, clock);
}

/** Pauses all replays of the environment. What is in progress ends. */
export async function pauseReplays(queue: ReplayQueue): Promise<ReplayState> {
  await queue.pause();
  return await stateOf(queue);
}

/**
 * Ends the pause of all replays, and sends what is left of one.
 *
 * @param id Default: the latest.
 */
export async function resumeReplay(
  context: Context,
  queue: ReplayQueue,
  id: string | undefined,
  wait: boolean,
  clock: Clock,
): Promise<ReplaySummary & { readonly isRunning: boolean }> {
  const stored = await readRecord(context.lake.silver, id);
  const isRunning = await queue.resume();
  const summary = await send(context, queue, stored, wait && isRunning, clock);
  return { ...summary, isRunning };
}

/** The state of a replay. @param id Default: the latest. */
export async function replayStatus(
  context: Context,
  queue: ReplayQueue,
  id: string | undefined,
): Promise<ReplaySummary> {
  const { record } = await readRecord(context.lake.silver, id);
  return await summarize(context, record, await stateOf(queue));
}

async function send(
  context: Context,
  queue: ReplayQueue,
  stored: StoredRecord,
  wait: boolean,
  clock: Clock,
): Promise<ReplaySummary> {
  const isNew = stored.record.sentAt === undefined;
  const { record } = isNew ? await sendObjects(context, queue, stored, clock) : stored;
  if (wait) {
    return await follow(context, queue, record, clock);
  }
  const state = await stateOf(queue);
  return isNew ? summaryOfSent(record, state) : await summarize(context, record, state);
}
