/** The interface of object stores: an S3 bucket, or a directory. */
import type { Readable } from "node:stream";
import type { InvalidKeyError } from "./errors.ts";

/** An object in a listing. */
export interface ObjectSummary {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /**
   * Identifies this version of the object: it changes when the object does. Opaque. It is no digest: under SSE-KMS, S3
   * gives another one to the same bytes at each write.
   */
  readonly etag: string;
  readonly lastModified: Date;
}

/** An object with its metadata. */
export interface ObjectHead extends ObjectSummary {
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object's bytes, and the version that they belong to. */
export interface OpenedObject {
  readonly head: ObjectHead;
  readonly body: Readable;
}

/** A local file to write, which the store may move away. */
export interface FileBody {
  readonly path: string;
  /** SHA-256 of its content, in hexadecimal, if it is known. Then a directory does not read the file again. */
  readonly sha256?: string | undefined;
}

/** The content to write: bytes, or a local file. */
export type ObjectBody = Uint8Array | FileBody;

/** Options of a write. */
export interface PutOptions {
  /** Names in lower-case ASCII, values in ASCII. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** What a browser takes it for: `text/html; charset=utf-8`. A directory keeps none. */
  readonly contentType?: string;
  /** Write only over this version, or (`null`) only if there is no object yet. */
  readonly ifMatch?: string | null;
}

/** Receives what a listing passes over: a file that can't be an object, or an object in the wrong place. */
export type PassOver = (stray: InvalidKeyError) => void;

/** What became of earlier versions. */
export interface RemovedVersions {
  readonly removed: number;
  /** Those that the store does not let go, as under Object Lock. */
  readonly locked: number;
}

/** Stores objects by key. Every method rejects with a StoreError if the store itself fails. */
export interface ObjectStore {
  /** Names the store in messages: `s3://bucket` or a directory. */
  readonly description: string;

  /** Whether it flushes the files that it is given to disk. */
  readonly flushes?: boolean;

  /** The address by which engines read an object: `s3://…`, or `file:///…` for a directory, which may be moved. */
  uri?(key: string): string;

  /**
   * Lists the objects whose key starts with `prefix`, in the order of their keys' UTF-8 bytes.
   *
   * @param passOver Receives the files that can't be objects.
   * @param after Lists only objects whose key comes after this one, at a cost that does not grow with those before it.
   * @throws InvalidKeyError that names these files, after all objects, if `passOver` is absent.
   */
  list(prefix: string, passOver?: PassOver, after?: string): AsyncIterable<ObjectSummary>;

  /**
   * Lists what the keys that start with `prefix` have up to the next slash, without listing what is below: `a/` for all
   * keys `a/…`. In the order of their UTF-8 bytes.
   *
   * @param prefix Empty, or ends with a slash.
   * @param passOver As in `list`. Of what is below, nothing is passed over.
   */
  listFolders(prefix: string, passOver?: PassOver): AsyncIterable<string>;

  /** What is wrong with a key; undefined if this store can hold an object that has it. */
  keyProblem(key: string): string | undefined;

  /** Returns an object's size, etag and metadata, or undefined if there is none. */
  head(key: string): Promise<ObjectHead | undefined>;

  /** Reads an object's bytes. @throws ObjectNotFoundError */
  read(key: string): Promise<Readable>;

  /** Reads an object's bytes together with its size, etag and metadata. @throws ObjectNotFoundError */
  open(key: string): Promise<OpenedObject>;

  /**
   * Writes an object atomically, and replaces any with the same key.
   * @returns The object's new etag.
   * @throws PreconditionFailedError if `ifMatch` does not match.
   */
  put(key: string, body: ObjectBody, options?: PutOptions): Promise<string>;

  /** Removes an object. It is not an error if there is none. */
  delete(key: string): Promise<void>;

  /**
   * Removes objects, in as few calls as the store can. After an error, some of them may be gone.
   */
  deleteAll(keys: Iterable<string>): Promise<void>;

  /**
   * Removes the versions that earlier writes of objects replaced or removed. Absent if the store keeps none.
   *
   * @param prefix The key of one object, or what the keys of a folder's objects start with: `a/`, or empty for all.
   */
  removeEarlierVersions?(prefix: string): Promise<RemovedVersions>;

  /**
   * Returns the object as a local file, for engines that read paths. In a directory store that is the file itself
   * (never write to it), otherwise a copy in `directory`.
   * @returns The path. @throws ObjectNotFoundError
   */
  download(key: string, directory: string): Promise<string>;

  /** The folders with the objects: its own, and those that links in it lead to. Absent if `download` makes copies. */
  folders?(): Promise<readonly string[]>;
}

/** The folders in which `download` finds the objects of these stores. */
export async function foldersOf(
  stores: Readonly<Partial<Record<keyof Lake, ObjectStore>>>,
): Promise<readonly string[]> {
  const found = await Promise.all(Object.values(stores).map((store) => store.folders?.()));
  return found.flatMap((folders) => folders ?? []);
}

/** The three stores of a lake. */
export interface Lake {
  readonly bronze: ObjectStore;
  readonly silver: ObjectStore;
  readonly gold: ObjectStore;
}
