/** Processes objects in another process. An object that kills that process, or is stuck in it, harms no other object. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asError } from "@lakehouse/transforms/errors";
import { ObjectKilledError, ObjectTimeoutError } from "./errors.ts";
import type { ProcessedObject } from "./process-object.ts";
import { memoryFlags } from "./runtime.ts";

/** What the other process is told. */
interface Task {
  readonly key: string;
  readonly scratch: string;
}

/** What it replies. */
type Answer =
  | { readonly processed: ProcessedObject }
  | { readonly error: { readonly name: string; readonly message: string } };

/** Another process. It starts with the first object, and again after each object that ended it. */
export class ObjectProcess implements AsyncDisposable {
  readonly #module: string;
  readonly #scratch: string;
  #child: ChildProcess | undefined;

  /**
   * @param module The URL of a module that exports `serveObjects`.
   * @param scratch The folder for temporary files.
   */
  constructor(module: string, scratch: string) {
    this.#module = module;
    this.#scratch = join(scratch, "apart");
  }

  /**
   * Processes an object.
   *
   * @param milliseconds How long it may take.
   * @throws ObjectTimeoutError, ObjectKilledError; or an error with the name and message of the other process's.
   */
  async process(key: string, milliseconds: number): Promise<ProcessedObject> {
    this.#child ??= this.#start();
    const child = this.#child;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, milliseconds);
    try {
      const answer = await ask(child, { key, scratch: this.#scratch });
      if (typeof answer === "string") {
        await this.#forget();
        throw isLate
          ? new ObjectTimeoutError(key, milliseconds)
          : new ObjectKilledError(key, answer);
      }
      if ("error" in answer) {
        throw Object.assign(new Error(answer.error.message), { name: answer.error.name });
      }
      return answer.processed;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    }
  }

  /** Removes what the killed process left, so that the next one has all the space. */
  async #forget(): Promise<void> {
    this.#child = undefined;
    await rm(this.#scratch, { recursive: true, force: true });
  }

  #start(): ChildProcess {
    const program = `(await import(${JSON.stringify(this.#module)})).serveObjects();`;
    return spawn(
      process.execPath,
      [...memoryFlags(), "--input-type=module", "--eval", program],
      // What it prints goes to the function's log.
      { stdio: ["ignore", "inherit", "inherit", "ipc"] },
    );
  }
}

/** @returns The answer, or how the process ended instead. */
function ask(child: ChildProcess, task: Task): Promise<Answer | string> {
  return new Promise((resolve) => {
    const settle = (answer: Answer | string): void => {
      child.removeAllListeners();
      // A process that can't be killed must not end this one.
      child.on("error", () => {});
      resolve(answer);
    };
    child.on("message", (answer) => settle(answer as Answer));
    child.on("error", (error) => settle(error.message));
    child.on("close", (code, signal) => settle(signal ?? `exit code ${code}`));
    // If the process has ended, `close` says so.
    child.send(task, () => {});
  });
}

/** The other process's part: processes the objects that it is sent, one at a time, until its parent ends. */
export function answerTasks(
  processOne: (key: string, scratch: string) => Promise<ProcessedObject>,
): void {
  dieFirst();
  process.on("disconnect", () => process.exit());
  process.on("message", (task) => {
    const { key, scratch } = task as Task;
    processOne(key, scratch).then(
      (processed) => reply({ processed }),
      (error: unknown) => {
        const { name, message } = asError(error);
        reply({ error: { name, message } });
      },
    );
  });
}

function reply(answer: Answer): void {
  process.send?.(answer);
}

/** Lets the kernel kill this process, not its parent, when memory runs out. */
function dieFirst(): void {
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // This is not Linux.
  }
}
