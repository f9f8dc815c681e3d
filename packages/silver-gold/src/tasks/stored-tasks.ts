/**
 * Tasks as objects in gold. A task that has a result is not done again, so a run that is started again goes on where the
 * last attempt ended, and a task may be done twice, late or never.
 */
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import { hashBytes } from "../state/content-hash.ts";
import { readIfThere } from "../state/is-intact.ts";
import { taskKey, taskResultKey, tasksPrefixOf } from "../state/state-keys.ts";
import {
  filesOf,
  type ResultOf,
  resultSchema,
  type StoredResult,
  type Task,
  type TaskKind,
  type TaskOf,
} from "./task.ts";
import type { Dispatch, Tasks } from "./tasks.ts";

/** What stored tasks need of a run. */
export interface StoredTasksOptions {
  readonly gold: ObjectStore;
  readonly sequence: number;
  readonly concurrency: number;
  readonly dispatch: Dispatch;
  /** Does a task that was refused in this process, to get its error. */
  readonly retry: (key: string) => Promise<StoredResult>;
}

/** The tasks of one run. */
export class StoredTasks implements Tasks {
  readonly keys = new Set<string>();
  readonly #options: StoredTasksOptions;
  #listed: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: StoredTasksOptions) {
    this.#options = options;
  }

  async run<K extends TaskKind>(
    kind: K,
    tasks: readonly TaskOf<K>[],
    onDone: (done: number) => void = () => {},
  ): Promise<ResultOf<K>[]> {
    const { gold, sequence, concurrency, dispatch } = this.#options;
    this.#listed ??= this.#list();
    await this.#listed;
    const keys = await inParallel(tasks, concurrency, async (task) => {
      const bytes = Buffer.from(JSON.stringify(task));
      const key = taskKey(sequence, hashBytes(bytes));
      if (!this.keys.has(key)) {
        await createOnly(gold, key, bytes);
        this.keys.add(key);
      }
      return key;
    });
    const missing = [...new Set(keys)].filter((key) => !this.keys.has(taskResultKey(key)));
    let done = keys.length - missing.length;
    onDone(done);
    if (missing.length > 0) {
      await dispatch(missing, () => {
        done += 1;
        onDone(done);
      });
    }
    return await inParallel(keys, concurrency, (key) => this.#result(kind, key));
  }

  alone<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#last.then(action, action);
    this.#last = result;
    return result;
  }

  /** What earlier attempts left. */
  async #list(): Promise<void> {
    const { gold, sequence } = this.#options;
    for await (const { key } of gold.list(tasksPrefixOf(sequence))) {
      this.keys.add(key);
    }
  }

  async #result<K extends TaskKind>(kind: K, task: string): Promise<ResultOf<K>> {
    const { gold, retry } = this.#options;
    const stored = await readResult(gold, task);
    const result = stored.kind === "refused" ? await retry(task) : stored;
    if (!isOf(result, kind)) {
      throw new StateError(taskResultKey(task), `it is not the result of a task of kind ${kind}`);
    }
    for (const key of [taskResultKey(task), ...filesOf(result)]) {
      this.keys.add(key);
    }
    return result;
  }
}

/** Reads the result of a task. @throws StateError if it is missing or damaged. */
export async function readResult(gold: ObjectStore, task: string): Promise<StoredResult> {
  const key = taskResultKey(task);
  const bytes = await readIfThere(gold, key);
  try {
    return resultSchema.parse(JSON.parse(bytes.toString()));
  } catch {
    throw new StateError(key, "it is not the result of a task");
  }
}

/** Writes an object unless there is one. Others may write it too, with the same content or one that is as good. */
export async function createOnly(gold: ObjectStore, key: string, bytes: Uint8Array): Promise<void> {
  try {
    await gold.put(key, bytes, { ifMatch: null });
  } catch (error) {
    if (!(error instanceof PreconditionFailedError)) {
      throw error;
    }
  }
}

function isOf<K extends Task["kind"]>(result: StoredResult, kind: K): result is ResultOf<K> {
  return result.kind === kind;
}
