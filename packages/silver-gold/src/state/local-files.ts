/** Objects of gold as local files. Each is downloaded once and kept until the run ends. */
import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { isIntact, recordedHash } from "./is-intact.ts";
import { contentHashOf } from "./state-keys.ts";

/** Files that this run downloaded or created. */
export class LocalFiles {
  readonly #paths = new Map<string, Promise<string>>();
  readonly #verified = new Map<string, Promise<string>>();

  readonly #gold: ObjectStore;

  readonly directory: string;

  /** @param directory The folder of downloaded and new files. */
  constructor(gold: ObjectStore, directory: string) {
    this.directory = directory;
    this.#gold = gold;
  }

  /** A path to read an object from. Never write to it or move it. */
  get(key: string): Promise<string> {
    const known = this.#paths.get(key) ?? this.#gold.download(key, this.directory);
    this.#paths.set(key, known);
    return known;
  }

  /** Whether there already is a local file. */
  has(key: string): boolean {
    return this.#paths.has(key);
  }

  /** Whether an object of state exists, and still holds what its run wrote. */
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
   * A path to read an object from, after verifying its content. Each object is verified once. What this run created is
   * not.
   *
   * @param hash The digest of its content. Keys of state contain it.
   * @throws StateError if it no longer holds what its run wrote. Building on it would hide the damage.
   */
  verified(key: string, hash: string = contentHashOf(key)): Promise<string> {
    const known = this.#verified.get(key) ?? this.#verify(key, hash);
    this.#verified.set(key, known);
    return known;
  }

  async #verify(key: string, hash: string): Promise<string> {
    const path = await this.get(key);
    if ((await recordedHash(key, path)) !== hash) {
      throw new StateError(key, "its content has changed since a run wrote it");
    }
    return path;
  }

  /** Sets the local file that an object will be made from. */
  set(key: string, path: string): void {
    this.#paths.set(key, Promise.resolve(path));
    this.#verified.set(key, Promise.resolve(path));
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
