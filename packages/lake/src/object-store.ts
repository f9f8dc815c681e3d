/** The one interface to stored objects: what an S3 bucket and a directory both do. */
import type { Readable } from "node:stream";

/** An object as a listing shows it. */
export interface ObjectSummary {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Identifies this version of the object: another write gives another etag. Opaque. */
  readonly etag: string;
  readonly lastModified: Date;
}

/** An object with the metadata it was written with. */
export interface ObjectHead extends ObjectSummary {
  readonly metadata: Readonly<Record<string, string>>;
}

/** What to write: bytes, or a local file, which the store may move away. */
export type ObjectBody = Uint8Array | { readonly path: string };

/** How to write it. */
export interface PutOptions {
  /** Lower-case ASCII names; values of ASCII text. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Write only over this version, or (`null`) only where no object is yet. */
  readonly ifMatch?: string | null;
}

/** Stored objects by key. Every method rejects with a StoreError when the store itself fails. */
export interface ObjectStore {
  /** The store in words for messages: `s3://bucket` or a directory. */
  readonly description: string;

  /** The address by which engines such as Athena read an object; absent where it would not survive a move. */
  uri?(key: string): string;

  /** The objects whose key starts with `prefix`, in the order of their keys' UTF-8 bytes. */
  list(prefix: string): AsyncIterable<ObjectSummary>;

  /** What is known of an object, or undefined where there is none. */
  head(key: string): Promise<ObjectHead | undefined>;

  /** The bytes of an object. @throws ObjectNotFoundError */
  read(key: string): Promise<Readable>;

  /**
   * Writes an object, whole or not at all, in place of any with its key.
   * @returns The etag of what was written.
   * @throws PreconditionFailedError when `ifMatch` does not hold.
   */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<string>;

  /** Removes an object; one that is not there is no error. */
  delete(key: string): Promise<void>;

  /**
   * The object as a local file for engines that read paths: the file itself where the store is a
   * directory (never write to it), else a copy made inside `directory`.
   * @returns The path. @throws ObjectNotFoundError
   */
  download(key: string, directory: string): Promise<string>;
}

/** The three stores of a lake. */
export interface Lake {
  readonly bronze: ObjectStore;
  readonly silver: ObjectStore;
  readonly gold: ObjectStore;
}
