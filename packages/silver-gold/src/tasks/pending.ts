/** Leaves tasks to others: the run ends, and the same run, started again, finds their results. */
import type { Dispatch } from "./tasks.ts";

/** Tasks have to be done before the run can go on. Nothing of the run has been committed. */
export class TasksPending extends Error {
  override readonly name = "TasksPending";
  /** The keys of the tasks in gold. */
  readonly keys: readonly string[];

  constructor(keys: readonly string[]) {
    super(`The run goes on once ${keys.length} tasks are done.`);
    this.keys = keys;
  }
}

/** Leaves all tasks to whoever starts the run. @throws TasksPending */
export const leavePending: Dispatch = (keys) => Promise.reject(new TasksPending(keys));

/**
 * Does several things at once, each of which may leave tasks.
 *
 * @returns The results, in order.
 * @throws TasksPending with the tasks of all of them. Any other error comes first.
 */
export async function together<T>(actions: Iterable<() => Promise<T>>): Promise<T[]> {
  const settled = await Promise.allSettled(Array.from(actions, (action) => action()));
  const results: T[] = [];
  const keys = new Set<string>();
  for (const each of settled) {
    if (each.status === "fulfilled") {
      results.push(each.value);
    } else if (each.reason instanceof TasksPending) {
      for (const key of each.reason.keys) {
        keys.add(key);
      }
    } else {
      throw each.reason;
    }
  }
  if (keys.size > 0) {
    throw new TasksPending([...keys]);
  }
  return results;
}
