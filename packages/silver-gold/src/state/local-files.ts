/** Objects of gold as local files: each is fetched once, and stays until the run ends. */
import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { isIntact } from "./is-intact.ts";

/** What was fetched, and what this run made itself. */
export class LocalFiles {
  readonly #paths = new Map<string, Promise<string>>();

  readonly #gold: ObjectStore;

  /** @param directory Where fetched files and new ones lie. */
  constructor(
    gold: ObjectStore,
    readonly directory: string,
  ) {
    this.#gold = gold;
  }

  /** A path to read an object from; never to write to, or to give away. */
  get(key: string): Promise<string> {
    const known = this.#paths.get(key) ?? this.#gold.download(key, this.directory);
    this.#paths.set(key, known);
    return known;
  }

  /** Whether an object of state is there, and still holds what its run wrote. */
  async isIntact(key: string): Promise<boolean> {
    try {
      return await isIntact(key, await this.get(key));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) {
        return false;
      }
      throw error;
    }
  }

  /**
   * A path to read an object of state from, to build on what it holds.
   *
   * @throws StateError when it no longer holds what its run wrote: what is made of it would hide that.
   */
  async verified(key: string): Promise<string> {
    const path = await this.get(key);
    if (!(await this.isIntact(key))) {
      throw new StateError(key, "it is not what the run that made it wrote");
    }
    return path;
  }

  /** Names a local file as what the object will be. */
  set(key: string, path: string): void {
    this.#paths.set(key, Promise.resolve(path));
  }

  /** A path for a new file. */
  newPath(extension: string): string {
    return join(this.directory, `${randomUUID()}.${extension}`);
  }

  /** A copy that a store may move away. */
  async copy(path: string): Promise<string> {
    const copy = this.newPath("copy");
    await copyFile(path, copy);
    return copy;
  }
}
