/** The interface through which a run hands out tasks. A run without one does everything itself. */
import type { ResultOf, TaskKind, TaskOf } from "./task.ts";

/** Does tasks, wherever that is. */
export interface Tasks {
  /**
   * Does tasks of one kind.
   *
   * @param onDone Called with the number of tasks that are done.
   * @returns Their results, in order.
   * @throws TasksPending if others will do them. The same run, started again, then finds their results.
   */
  run<K extends TaskKind>(
    kind: K,
    tasks: readonly TaskOf<K>[],
    onDone?: (done: number) => void,
  ): Promise<ResultOf<K>[]>;
  /** Waits until no other action of this kind runs, and runs one: reading and merging in this process take memory. */
  alone<T>(action: () => Promise<T>): Promise<T>;
  /** The keys of all objects that tasks of this run have written, as far as this run knows. */
  readonly keys: ReadonlySet<string>;
}

/**
 * Has stored tasks done.
 *
 * @param keys The keys of tasks without a result. Each names an object in gold. `runTask` does one of them.
 * @param onDone Called after each.
 * @throws TasksPending if it leaves them to others.
 */
export type Dispatch = (keys: readonly string[], onDone: () => void) => Promise<void>;

/** Runs an action at once, or if tasks let a run do several things side by side, when no other such action runs. */
export async function alone<T>(
  { tasks }: { readonly tasks?: Tasks | undefined },
  action: () => Promise<T>,
): Promise<T> {
  return await (tasks === undefined ? action() : tasks.alone(action));
}
