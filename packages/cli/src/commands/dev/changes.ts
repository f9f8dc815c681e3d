/**
 * Waits for edits in folders. Node's own watcher is enough: what has changed is read from the disk, so an event only has to
 * come, not to be right.
 */
import { type FSWatcher, watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { asError } from "@lakehouse/transforms/errors";
import { UsageError } from "../../errors.ts";

/** Editors write a file in several steps. This long after the last one, the edit is complete. */
const quietMilliseconds = 60;
/** What editors keep beside a file. */
const passing = /(?:^|[\\/])(?:\.[^\\/]*|[^\\/]*~|#[^\\/]*#|[^\\/]*\.sw[a-z]|4913)$/;

/** The edits below some folders. */
export class Changes implements Disposable {
  readonly #watchers: readonly FSWatcher[];
  #hasChanged = false;
  #wake: (() => void) | undefined;
  #failed: Error | undefined;

  /** @throws UsageError if a folder can't be watched. */
  constructor(folders: readonly string[]) {
    this.#watchers = folders.map((folder) => this.#watch(folder));
  }

  #watch(folder: string): FSWatcher {
    try {
      const watcher = watch(folder, { recursive: true }, (_, file) => {
        if (file === null || !passing.test(file)) {
          this.#hasChanged = true;
          this.#wake?.();
        }
      });
      return watcher.on("error", (error) => {
        this.#failed = unwatched(folder, error);
        this.#wake?.();
      });
    } catch (error) {
      throw unwatched(folder, error);
    }
  }

  /** Whether something has changed since the last call of `next`. */
  get hasChanged(): boolean {
    return this.#hasChanged;
  }

  /** Resolves after the next edit, or at once if there was one. @throws the signal's reason. */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#hasChanged && this.#failed === undefined) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const stop = (): void => reject(signal.reason);
      this.#wake = resolve;
      signal.addEventListener("abort", stop);
      try {
        await promise;
      } finally {
        signal.removeEventListener("abort", stop);
        this.#wake = undefined;
      }
    }
    do {
      this.#hasChanged = false;
      await sleep(quietMilliseconds);
    } while (this.#hasChanged);
    if (this.#failed !== undefined) {
      throw this.#failed;
    }
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) {
      watcher.close();
    }
  }
}

function unwatched(folder: string, error: unknown): UsageError {
  const reason = asError(error).message;
  return new UsageError(
    `The folder ${folder} can't be watched (${reason})`,
    "Check that it exists. On Linux, also sysctl fs.inotify.max_user_watches.",
  );
}
