/** Counts the calls that a store would get if it were a bucket. */
import type {
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
  PutOptions,
} from "@lakehouse/lake/object-store";
import { type CallKind, putKinds } from "./layout.ts";

/** S3 lists and removes this many objects a call. */
const keysPerCall = 1000;

/** A store with the addresses of a bucket. What it says of itself makes gold write what Athena needs. */
export class CountedStore implements ObjectStore {
  readonly description: string;
  readonly calls: Record<CallKind, number> = { LIST: 0, HEAD: 0, GET: 0, PUT: 0, DELETE: 0 };
  /** The bytes of objects that were opened. */
  bytesRead = 0;
  /** The PUT calls by what they write. */
  readonly puts = new Map<string, number>();
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
    this.description = store.description;
  }

  uri(key: string): string {
    return `s3://bench/${key}`;
  }

  async *list(prefix: string, passOver?: PassOver, after?: string): AsyncGenerator<ObjectSummary> {
    let count = 0;
    try {
      for await (const each of this.#store.list(prefix, passOver, after)) {
        count += 1;
        yield each;
      }
    } finally {
      // Also if the rest is not asked for.
      this.calls.LIST += Math.max(1, Math.ceil(count / keysPerCall));
    }
  }

  listFolders(prefix: string, passOver?: PassOver): AsyncIterable<string> {
    this.calls.LIST += 1;
    return this.#store.listFolders(prefix, passOver);
  }

  keyProblem(key: string): string | undefined {
    return this.#store.keyProblem(key);
  }

  head(key: string): Promise<ObjectHead | undefined> {
    this.calls.HEAD += 1;
    return this.#store.head(key);
  }

  async read(key: string) {
    return (await this.open(key)).body;
  }

  async open(key: string): Promise<OpenedObject> {
    this.calls.GET += 1;
    const opened = await this.#store.open(key);
    this.bytesRead += opened.head.size;
    return opened;
  }

  put(key: string, body: ObjectBody, options?: PutOptions): Promise<string> {
    this.calls.PUT += 1;
    const kind = putKinds.find(([, pattern]) => pattern.test(key))?.[0] ?? key;
    this.puts.set(kind, (this.puts.get(kind) ?? 0) + 1);
    return this.#store.put(key, body, options);
  }

  delete(key: string): Promise<void> {
    this.calls.DELETE += 1;
    return this.#store.delete(key);
  }

  deleteAll(keys: Iterable<string>): Promise<void> {
    const all = [...keys];
    this.calls.DELETE += Math.ceil(all.length / keysPerCall);
    return this.#store.deleteAll(all);
  }

  download(key: string, directory: string): Promise<string> {
    this.calls.GET += 1;
    return this.#store.download(key, directory);
  }

  async folders(): Promise<readonly string[]> {
    return (await this.#store.folders?.()) ?? [];
  }
}
