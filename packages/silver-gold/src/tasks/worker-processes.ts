/** Has tasks done by worker processes: processes of the same program, each with one task at a time. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import type { Lake, ObjectStore } from "@lakehouse/lake/object-store";
import { asError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import pMap from "p-map";
import { TaskFailedError } from "../errors.ts";
import { readTask, runTask, type TaskOptions } from "./run-task.ts";
import { nameOfTask } from "./task.ts";
import type { Dispatch } from "./tasks.ts";

/** How often a task is tried if workers die or stores fail. */
const maximumAttempts = 3;

/** What a worker replies. */
type Answer = { readonly done: true } | { readonly error: string };

/** How to run workers. */
export interface WorkersOptions {
  readonly gold: ObjectStore;
  /** How many processes there are at once. */
  readonly workers: number;
  /** Starts a process that calls `serveTasks`, with a channel for messages. */
  readonly start: () => ChildProcess;
  /** Ends all of them when aborted. */
  readonly signal: AbortSignal;
}

/** Worker processes. Each starts with its first task. Dispose of them to end them. */
export class WorkerProcesses implements AsyncDisposable {
  readonly #options: WorkersOptions;
  readonly #idle: ChildProcess[] = [];
  readonly #busy = new Set<ChildProcess>();

  constructor(options: WorkersOptions) {
    this.#options = options;
  }

  /** @throws TaskFailedError if a task was tried several times in vain; the reason of the signal once that is aborted. */
  readonly dispatch: Dispatch = async (keys, onDone) => {
    const { signal, workers } = this.#options;
    const stop = () => this.#killAll();
    signal.addEventListener("abort", stop);
    const failed = new AbortController();
    try {
      await pMap(
        keys,
        async (key) => {
          if (!failed.signal.aborted) {
            await this.#doTask(key);
            onDone();
          }
        },
        { concurrency: workers },
      );
    } catch (error) {
      // The others would go on with tasks that nobody waits for.
      failed.abort();
      await this[Symbol.asyncDispose]();
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  };

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#idle, ...this.#busy].filter(isRunning);
    const ended = running.map((child) => once(child, "close"));
    this.#killAll();
    await Promise.all(ended);
  }

  async #doTask(key: string): Promise<void> {
    const { signal, gold, start } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      const child = this.#idle.pop() ?? start();
      this.#busy.add(child);
      const answer = await ask(child, key);
      this.#busy.delete(child);
      if (isRunning(child)) {
        this.#idle.push(child);
      }
      if ("done" in answer) {
        return;
      }
      signal.throwIfAborted();
      if (attempt === maximumAttempts) {
        const task = await readTask(gold, key);
        throw new TaskFailedError(key, nameOfTask(task), maximumAttempts, answer.error);
      }
    }
  }

  #killAll(): void {
    for (const child of [...this.#idle, ...this.#busy]) {
      child.kill("SIGKILL");
    }
    this.#idle.length = 0;
  }
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null && child.connected;
}

/** @returns What the process answers, or how it ended instead. */
function ask(child: ChildProcess, key: string): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      child.removeAllListeners();
      // A process that can't be killed must not end this one.
      child.on("error", () => {});
      resolve(answer);
    };
    child.on("message", (answer) => settle(answer as Answer));
    child.on("error", (error) => settle({ error: error.message }));
    child.on("close", (code, signal) =>
      settle({ error: `the worker process ended with ${signal ?? `exit code ${code}`}` }),
    );
    // If the process has ended, `close` says so.
    child.send(key, () => {});
  });
}

/** How many queries a worker runs at once, so that all of them use all cores. */
export function sessionsOfWorker(workers: number): number {
  return Math.max(1, Math.floor(availableParallelism() / workers));
}

/** The worker's part: does the tasks that it is sent, one at a time, until its parent ends. */
export async function serveTasks(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  options: TaskOptions,
): Promise<void> {
  process.on("message", (key) => {
    runTask(lake, catalog, String(key), options).then(
      () => process.send?.({ done: true } satisfies Answer),
      (error: unknown) => {
        process.send?.({ error: asError(error).message } satisfies Answer);
      },
    );
  });
  await once(process, "disconnect");
}
