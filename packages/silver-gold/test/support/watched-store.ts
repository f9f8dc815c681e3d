/** A store that calls a watcher before and after each call, so that a test can make calls fail or wait. */
import type { Readable } from "node:stream";
import type {
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
  PutOptions,
} from "@lakehouse/lake/object-store";
import type { MemoryLake } from "./lake.ts";

/** Called before and after each call of a store. If it throws, the store's call rejects with that error. */
export interface Watcher {
  before(call: string): Promise<void>;
  after(call: string): Promise<void>;
}

/** Both stores of a lake under one watcher. */
export function watched(
  lake: MemoryLake,
  watcher: Watcher,
): { silver: ObjectStore; gold: ObjectStore } {
  return {
    silver: new WatchedStore(lake.silver, watcher),
    gold: new WatchedStore(lake.gold, watcher),
  };
}

class WatchedStore implements ObjectStore {
  readonly description = "watched";
  readonly uri?: (key: string) => string;
  readonly #store: ObjectStore;
  readonly #watcher: Watcher;

  constructor(store: ObjectStore, watcher: Watcher) {
    this.#store = store;
    this.#watcher = watcher;
    const { uri } = store;
    if (uri !== undefined) {
      this.uri = uri.bind(store);
    }
  }

  keyProblem(key: string): string | undefined {
    return this.#store.keyProblem(key);
  }

  async *listFolders(prefix: string): AsyncGenerator<string> {
    yield* await this.#watch(`list folders ${prefix}`, () =>
      Array.fromAsync(this.#store.listFolders(prefix)),
    );
  }

  async *list(prefix: string, passOver?: PassOver, after?: string): AsyncGenerator<ObjectSummary> {
    const listed = await this.#watch(
      `list ${prefix}${after === undefined ? "" : ` ${after}`}`,
      () => Array.fromAsync(this.#store.list(prefix, passOver, after)),
    );
    yield* listed;
  }

  head(key: string): Promise<ObjectHead | undefined> {
    return this.#watch(`head ${key}`, () => this.#store.head(key));
  }

  read(key: string): Promise<Readable> {
    return this.#watch(`read ${key}`, () => this.#store.read(key));
  }

  open(key: string): Promise<OpenedObject> {
    return this.#watch(`open ${key}`, () => this.#store.open(key));
  }

  put(key: string, body: ObjectBody, options?: PutOptions): Promise<string> {
    return this.#watch(`put ${key}`, () => this.#store.put(key, body, options));
  }

  delete(key: string): Promise<void> {
    return this.#watch(`delete ${key}`, () => this.#store.delete(key));
  }

  async deleteAll(keys: Iterable<string>): Promise<void> {
    for (const key of keys) {
      await this.delete(key);
    }
  }

  download(key: string, directory: string): Promise<string> {
    return this.#watch(`download ${key}`, () => this.#store.download(key, directory));
  }

  async #watch<T>(call: string, action: () => Promise<T>): Promise<T> {
    await this.#watcher.before(call);
    const result = await action();
    await this.#watcher.after(call);
    return result;
  }
}

/** The error of a call that a test makes fail. */
export class InjectedFault extends Error {}

/**
 * Fails one call.
 *
 * @param at The number of the call, from 1.
 * @param when Whether it fails before or after it takes effect.
 * @param dies Whether all later calls fail too, as if the process had been killed.
 */
export function faulty(
  at: number,
  when: "before" | "after",
  dies: boolean,
): Watcher & { calls: number } {
  return {
    calls: 0,
    async before(call) {
      this.calls += 1;
      const hit = this.calls === at && when === "before";
      if (hit || (dies && this.calls > at)) {
        throw new InjectedFault(`before ${call}`);
      }
    },
    async after(call) {
      if (this.calls >= at && when === "after" && (dies || this.calls === at)) {
        throw new InjectedFault(`after ${call}`);
      }
    },
  };
}
