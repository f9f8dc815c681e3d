/** Collects an object whose metadata is known only at the end, then writes it in one call. */
import { createHash, randomUUID } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { asError } from "@lakehouse/transforms/errors";
import { StoreError } from "./errors.ts";
import type { ObjectStore, PutOptions } from "./object-store.ts";

const defaultMemoryLimit = 8 * 1024 * 1024;

/** Collects bytes for a store: in memory up to a limit, then in a temporary file. */
export class StagedWriter {
  readonly #path: string;
  readonly #directory: string;
  readonly #memoryLimit: number;
  #chunks: Uint8Array[] = [];
  #file: number | undefined;
  #spilled = false;
  #size = 0;
  readonly #hash = createHash("sha256");

  /**
   * @param directory The directory for the temporary file. It is created if missing.
   * @param memoryLimit The most bytes kept in memory.
   */
  constructor(directory: string, memoryLimit: number = defaultMemoryLimit) {
    this.#directory = directory;
    this.#memoryLimit = memoryLimit;
    this.#path = join(directory, `${randomUUID()}.tmp`);
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  /**
   * Adds bytes. They must not be changed afterwards.
   * @throws StoreError if the temporary file can't be written.
   */
  write(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    this.#hash.update(chunk);
    this.#chunks.push(chunk);
    if (this.#size > this.#memoryLimit) {
      this.#spill();
    }
  }

  /** SHA-256 of the bytes so far, in hexadecimal. */
  digest(): string {
    return this.#hash.copy().digest("hex");
  }

  /**
   * Writes all bytes as one object, then forgets them.
   * @returns The etag.
   * @throws Whatever `ObjectStore.put` throws. Call `discard` then.
   */
  async commit(store: ObjectStore, key: string, options?: PutOptions): Promise<string> {
    this.#close();
    const body = this.#spilled
      ? { path: this.#path, sha256: this.digest() }
      : Buffer.concat(this.#chunks);
    const etag = await store.put(key, body, options);
    await this.discard();
    return etag;
  }

  /** Forgets all bytes. Calling it again, or after `commit`, does nothing. */
  async discard(): Promise<void> {
    this.#close();
    this.#chunks = [];
    if (this.#spilled) {
      await rm(this.#path, { force: true });
    }
  }

  /** Synchronous, because a write takes less time than a turn of the event loop. */
  #spill(): void {
    try {
      if (this.#file === undefined) {
        mkdirSync(this.#directory, { recursive: true });
        this.#file = openSync(this.#path, "wx");
        this.#spilled = true;
      }
      const chunks = this.#chunks;
      this.#chunks = [];
      for (const chunk of chunks) {
        writeFileSync(this.#file, chunk);
      }
    } catch (error) {
      throw new StoreError(
        `The temporary file ${this.#path} could not be written: ${asError(error).message}. `,
        `Free some space there, or use a larger directory for temporary files.`,
        { cause: error },
      );
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) {
      closeSync(file);
    }
  }
}
