/** Objects of gold as local files: each is fetched once, and stays until the run ends. */
import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStore } from "@lakehouse/lake/object-store";

/** What was fetched, and what this run made itself. */
export class LocalFiles {
  readonly #paths = new Map<string, Promise<string>>();

  /** @param directory Where fetched files and new ones lie. */
  constructor(
    private readonly gold: ObjectStore,
    readonly directory: string,
  ) {}

  /** A path to read an object from; never to write to, or to give away. */
  get(key: string): Promise<string> {
    const known = this.#paths.get(key) ?? this.gold.download(key, this.directory);
    this.#paths.set(key, known);
    return known;
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
