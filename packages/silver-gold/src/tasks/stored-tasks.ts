/**
 * Tasks as objects in gold. A task that has a result is not done again, so a run that is started again goes on where the
 * last attempt ended, and a task may be done twice, late or never.
 */
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import type { ObjectBody, ObjectStore } from "@lakehouse/lake/object-store";
import { StateError, unlessStateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import { hashBytes } from "../state/content-hash.ts";
import { readIfThere } from "../state/is-intact.ts";
import { sequenceOf, taskKey, taskResultKey } from "../state/state-keys.ts";
import {
  filesOf,
  type ResultOf,
  resultSchema,
  type StoredResult,
  type Task,
  type TaskKind,
  type TaskOf,
} from "./task.ts";
import type { Dispatch, Memory, Tasks } from "./tasks.ts";

/** What stored tasks need of a run. */
export interface StoredTasksOptions {
  readonly gold: ObjectStore;
  readonly sequence: number;
  /** The keys of all objects of gold when the run began. */
  readonly listed: ReadonlyMap<string, unknown>;
  readonly concurrency: number;
  readonly dispatch: Dispatch;
  /** Does a task that was refused in this process, to get its error. */
  readonly retry: (key: string) => Promise<StoredResult>;
}

/** The tasks of one run. */
export class StoredTasks implements Tasks {
  readonly keys: Set<string>;
  readonly #options: StoredTasksOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: StoredTasksOptions) {
    this.#options = options;
    const isOwn = (key: string) => sequenceOf(key) === options.sequence;
    this.keys = new Set(options.listed.keys().filter(isOwn));
  }

  async run<K extends TaskKind>(
    kind: K,
    tasks: readonly TaskOf<K>[],
    onDone: (done: number) => void = () => {},
  ): Promise<ResultOf<K>[]> {
    const { gold, sequence, concurrency, dispatch } = this.#options;
    const keys = await inParallel(tasks, concurrency, async (task) => {
      const bytes = Buffer.from(JSON.stringify(task));
      const key = taskKey(sequence, hashBytes(bytes));
      if (!this.keys.has(key)) {
        await createOnly(gold, key, bytes);
        this.keys.add(key);
      }
      return key;
    });
    const missing: string[] = [];
    await inParallel(new Set(keys), concurrency, async (key) => {
      if (!(await this.#isDone(key))) {
        missing.push(key);
      }
    });
    missing.sort();
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

  async remember<T>(input: unknown, memory: Memory<T>, make: () => Promise<T>): Promise<T> {
    const { gold, sequence } = this.#options;
    const digest = hashBytes(Buffer.from(JSON.stringify(input)));
    const key = taskResultKey(taskKey(sequence, digest));
    if (this.keys.has(key)) {
      const known = await readIfThere(gold, key)
        .then((bytes) => memory.decode(JSON.parse(bytes.toString())))
        .catch(() => undefined);
      // Something may have removed what it names.
      if (known !== undefined && memory.filesOf(known).every((file) => this.#has(file))) {
        return known;
      }
    }
    const made = await make();
    await gold.put(key, Buffer.from(JSON.stringify(memory.encode(made))));
    this.keys.add(key);
    return made;
  }

  async store(objects: ReadonlyMap<string, ObjectBody>): Promise<void> {
    const { gold, concurrency } = this.#options;
    await inParallel(objects, concurrency, async ([key, body]) => {
      await gold.put(key, body);
      this.keys.add(key);
    });
  }

  #has(key: string): boolean {
    return this.keys.has(key) || this.#options.listed.has(key);
  }

  /** Whether an earlier attempt left the result of a task, and everything that it names. */
  async #isDone(task: string): Promise<boolean> {
    const { gold } = this.#options;
    const key = taskResultKey(task);
    if (!this.keys.has(key)) {
      return false;
    }
    const result = await readResult(gold, task).catch(unlessStateError);
    if (result !== undefined && filesOf(result).every((file) => this.#has(file))) {
      return true;
    }
    this.keys.delete(key);
    await gold.delete(key);
    return false;
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
