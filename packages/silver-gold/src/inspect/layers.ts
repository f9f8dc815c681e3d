/** Counts the objects of the layers while they are listed. */
import type { ObjectStore, ObjectSummary, PassOver } from "@lakehouse/lake/object-store";

/** The part of a layer that belongs to one table or model. */
export interface LayerCount {
  readonly layer: "bronze" | "silver" | "quarantine" | "gold";
  /** The table or model. */
  readonly name: string;
  readonly objects: number;
  readonly bytes: number;
  /** When the newest object was written; null if there is no object. */
  readonly newest: string | null;
}

type ListedStore = Pick<ObjectStore, "list" | "keyProblem">;

/** Counts what it lists. */
export class CountedStore implements ListedStore {
  readonly #store: ListedStore;
  #objects = 0;
  #bytes = 0;
  #newest = 0;

  constructor(store: ListedStore) {
    this.#store = store;
  }

  keyProblem(key: string): string | undefined {
    return this.#store.keyProblem(key);
  }

  async *list(prefix: string, passOver: PassOver, after?: string): AsyncGenerator<ObjectSummary> {
    for await (const summary of this.#store.list(prefix, passOver, after)) {
      this.#objects += 1;
      this.#bytes += summary.size;
      this.#newest = Math.max(this.#newest, summary.lastModified.getTime());
      yield summary;
    }
  }

  /** What it has listed so far. */
  count(layer: LayerCount["layer"], name: string): LayerCount {
    const [objects, bytes] = [this.#objects, this.#bytes];
    return {
      layer,
      name,
      objects,
      bytes,
      newest: objects === 0 ? null : new Date(this.#newest).toISOString(),
    };
  }
}

/** Lists what has a prefix, and counts it. */
export async function countLayer(
  layer: LayerCount["layer"],
  name: string,
  store: ObjectStore,
  prefix: string,
  passOver: PassOver,
): Promise<LayerCount> {
  const counted = new CountedStore(store);
  for await (const _ of counted.list(prefix, passOver)) {
    // Counted.
  }
  return counted.count(layer, name);
}
