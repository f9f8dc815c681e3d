/** The interface through which a run hands out tasks. A run without one does everything itself. */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { LocalFiles } from "../state/local-files.ts";
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
  /**
   * Makes something, unless an earlier attempt at this run has made it.
   *
   * @param input What it follows from, as JSON.
   */
  remember<T>(input: unknown, memory: Memory<T>, make: () => Promise<T>): Promise<T>;
  /** Writes new state and data files before the run commits, so that tasks can read them. */
  store(objects: ReadonlyMap<string, ObjectBody>): Promise<void>;
  /** Waits until no other action of this kind runs, and runs one: reading and merging in this process take memory. */
  alone<T>(action: () => Promise<T>): Promise<T>;
  /** The keys of all objects that tasks of this run have written, as far as this run knows. */
  readonly keys: ReadonlySet<string>;
}

/** How something is remembered. */
export interface Memory<T> {
  /** As JSON. */
  encode(made: T): unknown;
  /** @returns Undefined if it is not what `encode` returned. */
  decode(json: unknown): T | undefined;
  /** The keys of the objects that it names, and that must be there for it to be used. */
  filesOf(made: T): readonly string[];
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

/**
 * Writes new state before the run commits if there are tasks, which read it.
 *
 * @returns The same without what has been written.
 */
export async function storeEarly<R extends { readonly uploads: ReadonlyMap<string, ObjectBody> }>(
  { tasks, files }: { readonly tasks?: Tasks | undefined; readonly files: LocalFiles },
  rows: R,
): Promise<R> {
  if (tasks === undefined) {
    return rows;
  }
  const copies = new Map<string, ObjectBody>();
  for (const [key, body] of rows.uploads) {
    // The store may move a file away that this run reads, too.
    copies.set(key, "path" in body ? { path: await files.copy(body.path) } : body);
  }
  await tasks.store(copies);
  return { ...rows, uploads: new Map() };
}
