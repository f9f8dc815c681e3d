/** Follows a replay until nothing waits. It goes on without being followed: the laptop may be closed. */
import type { Context } from "../../../context.ts";
import { InterruptedError } from "../../../errors.ts";
import type { ReplayQueue } from "./queue.ts";
import type { ReplayRecord } from "./record.ts";
import type { Clock } from "./send.ts";
import { type ReplayState, type ReplaySummary, settledMilliseconds, summarize } from "./summary.ts";

const pollMilliseconds = 5_000;

/** Reads what is known of all replays without listing. */
export async function stateOf(queue: ReplayQueue): Promise<ReplayState> {
  const [counts, isPaused] = await Promise.all([queue.counts(), queue.isPaused()]);
  return { queue: counts, isPaused };
}

/**
 * Waits until all objects of a replay are done, or nothing waits for a minute, or somebody pauses it.
 *
 * @throws InterruptedError if the user stops it. The replay goes on.
 */
export async function follow(
  context: Context,
  queue: ReplayQueue,
  record: ReplayRecord,
  clock: Clock,
): Promise<ReplaySummary> {
  const { progress, signal } = context;
  let task = progress.start("replay", "objects", record.sent);
  let emptySince: number | undefined;
  try {
    for (;;) {
      const state = await stateOf(queue);
      const { waiting } = state.queue;
      task.reach(Math.max(0, record.sent - waiting));
      const isFirst = waiting === 0 && emptySince === undefined;
      emptySince = waiting === 0 ? (emptySince ?? clock.now()) : undefined;
      const isSettled = emptySince !== undefined && clock.now() - emptySince >= settledMilliseconds;
      if (isFirst || isSettled || (state.isPaused && waiting > 0) || record.sent === 0) {
        task.end();
        const summary = await summarize(context, record, state);
        if (!isFirst || summary.left === 0 || record.sent === 0) {
          return summary;
        }
        task = progress.start("replay", "objects", record.sent);
      }
      await clock.wait(pollMilliseconds);
      signal.throwIfAborted();
    }
  } catch (error) {
    if (error instanceof InterruptedError) {
      throw new InterruptedError(
        error.exitCode,
        `The replay ${record.id} goes on without this command. `,
        `Follow it: lakehouse replay --status ${record.id}`,
      );
    }
    throw error;
  } finally {
    task.end();
  }
}
