/** Objects as files in a directory, for a lake on a laptop and as a stand-in for S3 in tests. */
import { randomUUID } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { asError, LakehouseError } from "@lakehouse/transforms/errors";
import { byteStream, readError } from "./byte-stream.ts";
import { escapeName } from "./directory/file-names.ts";
import { type Folder, obstacle, readFolder } from "./directory/folder.ts";
import { linkedPaths } from "./directory/links.ts";
import { tryWithLock, withLock } from "./directory/lock.ts";
import {
  findFile,
  isTooLong,
  makePlace,
  possiblePaths,
  privateFolder,
  removeEmptyFolders,
  type SeenFile,
  versionsPath,
} from "./directory/paths.ts";
import {
  discard,
  makeNewer,
  removeLeftovers,
  type StagedFile,
  type StagedVersions,
  stage,
  stageVersions,
} from "./directory/staging.ts";
import {
  hashFile,
  readVersions,
  sameFile,
  type Version,
  versionByContent,
  versionByTime,
  versionsText,
  writeVersions,
} from "./directory/versions.ts";
import {
  InvalidKeyError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StoreError,
  straysError,
} from "./errors.ts";
import { checkKey, checkMetadata, keyProblem } from "./object-rules.ts";
import type {
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
  PutOptions,
} from "./object-store.ts";
import { compareUtf8 } from "./utf8.ts";

/** A file, and the object's version that it holds. */
interface Current extends SeenFile {
  readonly version: Version;
}

/** An action that waits for the lock. */
interface Waiting {
  readonly run: () => void;
  readonly reject: (error: unknown) => void;
}

/** A file changed by hand twice within this time may keep its size and time, so it is read again. */
const settledMilliseconds = 2000;
/** How many times to look at an object while others replace it. */
const maximumAttempts = 50;
/** A long listing yields to the event loop after this many objects, and after this many folders. */
const objectsPerTurn = 100;
const foldersPerTurn = 100;
const tooLong = "it is too long for the file system";
/** A file of this size is read in one go. */
const smallBytes = 256 * 1024;
const noFolderCodes: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

/**
 * An object store in a directory, safe for any number of processes, whenever they are killed.
 *
 * A write creates a file under `.lakehouse/tmp`, and one with the new version and the old one (directory/versions.ts). Then,
 * under a lock, it renames the versions into place, then the file. Writes of a process that come at the same time share the
 * lock. Readers take no lock. Files that are added, changed, copied
 * or removed by hand are objects like any other, without metadata.
 *
 * The etag is a digest of content and metadata, so the same object always has the same etag. Only a file that this
 * class did not write has to be read for it, and only once.
 *
 * An acknowledged write survives any kill. After a power failure it depends on the file system: data and metadata are
 * flushed before they are renamed.
 *
 * Known limits: if the file system ignores case or Unicode forms (macOS, Windows), keys that differ only in these are
 * one object. On Windows, an object that another program has open can't be replaced.
 */
export class DirectoryStore implements ObjectStore {
  readonly description: string;
  readonly flushes = true;
  readonly #root: string;
  readonly #temporary: string;
  readonly #lock: string;
  #leftoversRemoved = false;
  #foldersRead = 0;
  /** What waits for the lock in this process. */
  readonly #waiting: Waiting[] = [];

  /** @param root The directory. It is created when the first object is written. */
  constructor(root: string) {
    this.#root = resolve(root);
    this.#temporary = join(this.#root, privateFolder, "tmp");
    this.#lock = join(this.#root, privateFolder, "lock");
    this.description = this.#root;
  }

  uri(key: string): string {
    return `file://${this.#root}/${key}`;
  }

  keyProblem(key: string): string | undefined {
    return keyProblem(key) ?? (isTooLong(this.#root, key) ? tooLong : undefined);
  }

  async *listFolders(prefix: string, passOver?: PassOver): AsyncGenerator<string> {
    const strays: InvalidKeyError[] = [];
    const folder = this.#folder(prefix);
    for (const part of await this.#parts(folder, passOver ?? ((each) => strays.push(each)))) {
      // A folder on the disk may be empty.
      if (
        part.endsWith("/") &&
        (await isSome(this.#keys(this.#folder(prefix + part), "", () => {})))
      ) {
        yield prefix + part;
      }
    }
    throwStrays(strays);
  }

  async *list(prefix: string, passOver?: PassOver, after = ""): AsyncGenerator<ObjectSummary> {
    let count = 0;
    const strays: InvalidKeyError[] = [];
    const folder = this.#folder(prefix.slice(0, prefix.lastIndexOf("/") + 1));
    const pass = passOver ?? ((each: InvalidKeyError) => strays.push(each));
    for await (const key of this.#keys(folder, prefix, pass, after)) {
      const current = await this.#guard("read", key, () => this.#current(key));
      if (current !== undefined) {
        yield summary(key, current);
      }
      count += 1;
      if (count % objectsPerTurn === 0) {
        await nextTurn();
      }
    }
    throwStrays(strays);
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    return this.#guard("read", key, () => {
      const current = this.#current(key);
      return current && headOf(key, current);
    });
  }

  async read(key: string): Promise<Readable> {
    return this.#guard("read", key, () => {
      const { path, file } = this.#open(key);
      return bodyOf(path, file);
    });
  }

  async open(key: string): Promise<OpenedObject> {
    return this.#guard("read", key, () => {
      for (let attempt = 0; attempt < maximumAttempts; attempt += 1) {
        const current = this.#current(key);
        if (current === undefined) {
          throw new ObjectNotFoundError(key, this.description);
        }
        const file = openIfThere(current.path);
        if (file !== undefined && sameFile(fstatSync(file, { bigint: true }), current.stats)) {
          return { head: headOf(key, current), body: bodyOf(current.path, file) };
        }
        if (file !== undefined) {
          closeSync(file);
        }
      }
      throw this.#unsteady(key);
    });
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<string> {
    return this.#guard("written", key, async () => {
      const metadata = options.metadata ?? {};
      checkMetadata(key, metadata);
      await this.#makeTemporary();
      const staged = await stage(body, metadata, this.#temporary, this.#root);
      let versions: StagedVersions | undefined;
      try {
        versions = await this.#stageVersions(key, staged);
        return await this.#locked(() => this.#commit(key, staged, versions, options.ifMatch));
      } finally {
        discard(staged);
        if (versions !== undefined) {
          discard(versions);
        }
      }
    });
  }

  async delete(key: string): Promise<void> {
    await this.#guard("removed", key, async () => {
      if (findFile(this.#root, key) !== undefined) {
        await withLock(this.#lock, () => {
          this.#remove(this.#root, possiblePaths(this.#root, key).toReversed());
          this.#remove(join(this.#root, privateFolder), [versionsPath(this.#root, key)]);
        });
      }
    });
  }

  async deleteAll(keys: Iterable<string>): Promise<void> {
    for (const key of keys) {
      await this.delete(key);
    }
  }

  async download(key: string): Promise<string> {
    return this.#guard("read", key, () => this.#find(key).path);
  }

  async folders(): Promise<readonly string[]> {
    return [this.#root, ...(await linkedPaths(this.#root))];
  }

  /**
   * Writes and flushes the versions of an object before the lock is held, so that several puts do it at once. Under the lock
   * it would be one after the other.
   * @returns undefined if the present version is not known without reading the object.
   */
  async #stageVersions(key: string, { version }: StagedFile): Promise<StagedVersions | undefined> {
    const found = findFile(this.#root, key);
    if (found === undefined) {
      return await stageVersions([version], this.#temporary);
    }
    const old = versionByTime(readVersions(versionsPath(this.#root, key)), found.stats);
    return old && (await stageVersions([version, old], this.#temporary));
  }

  /** Runs an action under the lock, with all others that have come since the lock was asked for. */
  async #locked<T>(action: () => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const run = () => {
      try {
        resolve(action());
      } catch (error) {
        reject(error);
      }
    };
    this.#waiting.push({ run, reject });
    if (this.#waiting.length === 1) {
      await nextTurn();
      try {
        await withLock(this.#lock, () => {
          for (const each of this.#waiting.splice(0)) {
            each.run();
          }
        });
      } catch (error) {
        for (const each of this.#waiting.splice(0)) {
          each.reject(error);
        }
      }
    }
    return await promise;
  }

  /** Checks the condition and writes. It runs under the lock and synchronously, so that nothing comes in between. */
  #commit(
    key: string,
    staged: StagedFile,
    noted: StagedVersions | undefined,
    ifMatch: string | null | undefined,
  ): string {
    const old = this.#current(key)?.version;
    if (ifMatch !== undefined && (old?.etag ?? null) !== ifMatch) {
      throw new PreconditionFailedError(key, this.description, ifMatch);
    }
    const sameTime = staged.version.modified === old?.modified;
    const { path, version } = sameTime ? makeNewer(staged) : staged;
    this.#note(key, old === undefined ? [version] : [version, old], noted);
    const place = makePlace(this.#root, key);
    try {
      renameSync(path, place);
    } catch (error) {
      removeEmptyFolders(this.#root, place);
      throw error;
    }
    return version.etag;
  }

  /** @param noted A file that may have these versions. */
  #note(key: string, versions: readonly Version[], noted?: StagedVersions): void {
    const path = versionsPath(this.#root, key);
    mkdirSync(dirname(path), { recursive: true });
    if (noted?.text === versionsText(versions)) {
      renameSync(noted.path, path);
    } else {
      writeVersions(path, join(this.#temporary, randomUUID()), versions);
    }
  }

  #remove(root: string, files: readonly string[]): void {
    for (const file of files) {
      if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) {
        rmSync(file);
        removeEmptyFolders(root, file);
      }
    }
  }

  #find(key: string): SeenFile {
    const found = findFile(this.#root, key);
    if (found === undefined) {
      throw new ObjectNotFoundError(key, this.description);
    }
    return found;
  }

  #open(key: string): { readonly path: string; readonly file: number } {
    for (let attempt = 0; attempt < maximumAttempts; attempt += 1) {
      const { path } = this.#find(key);
      const file = openIfThere(path);
      if (file !== undefined) {
        return { path, file };
      }
    }
    throw this.#unsteady(key);
  }

  /** An object's file and version. It retries while a writer is replacing them. */
  #current(key: string): Current | undefined {
    for (let attempt = 0; attempt < maximumAttempts; attempt += 1) {
      const found = findFile(this.#root, key);
      if (found === undefined) {
        return undefined;
      }
      const versions = readVersions(versionsPath(this.#root, key));
      const known = versionByTime(versions, found.stats);
      if (known !== undefined) {
        return { ...found, version: known };
      }
      const content = contentOf(found);
      const after = readVersions(versionsPath(this.#root, key));
      if (content !== undefined && JSON.stringify(after) === JSON.stringify(versions)) {
        const current = { ...found, version: versionByContent(versions, found.stats, content) };
        this.#remember(key, current);
        return current;
      }
    }
    throw this.#unsteady(key);
  }

  /** Records the version of a file that had to be read, so that it is not read again. */
  #remember(key: string, seen: Current): void {
    if (Date.now() - Number(seen.stats.mtimeMs) < settledMilliseconds) {
      return;
    }
    try {
      mkdirSync(this.#temporary, { recursive: true });
      tryWithLock(this.#lock, () => {
        const now = findFile(this.#root, key);
        if (now?.path === seen.path && sameFile(now.stats, seen.stats)) {
          this.#note(key, [seen.version]);
        }
      });
    } catch {
      // The lake may be read-only. Then the file is read each time.
    }
  }

  async #makeTemporary(): Promise<void> {
    makeTopmost(this.#root);
    mkdirSync(this.#temporary, { recursive: true });
    if (!this.#leftoversRemoved) {
      this.#leftoversRemoved = true;
      await removeLeftovers(this.#temporary);
    }
  }

  /** @param prefix `""` or `a/b/`. */
  #folder(prefix: string): Folder {
    const chain = [this.#root];
    for (const part of prefix.split("/").slice(0, -1)) {
      chain.push(join(chain.at(-1) ?? "", escapeName(part)));
    }
    return { prefix, path: chain.at(-1) ?? "", chain, isListed: false };
  }

  /** The keys in a folder and below that start with `prefix` and come after another key, in order. */
  async *#keys(
    folder: Folder,
    prefix: string,
    passOver: PassOver,
    after = "",
  ): AsyncGenerator<string> {
    for (const part of await this.#parts(folder, passOver)) {
      const key = folder.prefix + part;
      const isBefore =
        compareUtf8(key, after) <= 0 && !(part.endsWith("/") && after.startsWith(key));
      if (!key.startsWith(prefix) || isBefore) {
        continue;
      }
      if (part.endsWith("/")) {
        const path = join(folder.path, escapeName(part.slice(0, -1)));
        const inner = { prefix: key, path, chain: [...folder.chain, path], isListed: true };
        yield* this.#keys(inner, prefix, passOver, after);
      } else {
        yield key;
      }
    }
  }

  async #parts(folder: Folder, passOver: PassOver): Promise<readonly string[]> {
    this.#foldersRead += 1;
    if (this.#foldersRead % foldersPerTurn === 0) {
      await nextTurn();
    }
    try {
      return readFolder(folder, passOver);
    } catch (error) {
      if (!noFolderCodes.has(codeOf(error))) {
        throw this.#translate("listed", folder.prefix, error);
      }
      const stray = folder.isListed ? undefined : obstacle(folder.chain);
      if (stray !== undefined) {
        passOver(stray);
      }
      return [];
    }
  }

  async #guard<T>(what: string, key: string, action: () => T | Promise<T>): Promise<T> {
    checkKey(key);
    try {
      return await action();
    } catch (error) {
      throw this.#translate(what, key, error);
    }
  }

  #translate(what: string, key: string, error: unknown): LakehouseError {
    if (error instanceof LakehouseError) {
      return error;
    }
    if (codeOf(error) === "ENAMETOOLONG") {
      return new InvalidKeyError(key, tooLong, "Give the object a shorter key.", { cause: error });
    }
    const reason = asError(error).message;
    return new StoreError(
      `${JSON.stringify(key)} could not be ${what} in ${this.description}: ${reason}. `,
      "Check the disk, its free space and the permissions, then run again.",
      { cause: error },
    );
  }

  #unsteady(key: string): StoreError {
    return new StoreError(
      `${JSON.stringify(key)} in ${this.description} changes faster than it can be read. `,
      "Stop the program that writes to it, then run again.",
    );
  }
}

function throwStrays([first, ...others]: readonly InvalidKeyError[]): void {
  if (first !== undefined) {
    throw straysError(first, others);
  }
}

async function isSome(keys: AsyncIterable<string>): Promise<boolean> {
  for await (const _ of keys) {
    return true;
  }
  return false;
}

function summary(key: string, { stats, version }: Current): ObjectSummary {
  return { key, size: version.size, etag: version.etag, lastModified: stats.mtime };
}

function headOf(key: string, current: Current): ObjectHead {
  return { ...summary(key, current), metadata: current.version.metadata };
}

function bodyOf(path: string, file: number): Readable {
  if (fstatSync(file).size <= smallBytes) {
    // A stream would take much more time and memory than its few bytes.
    const bytes = readWhole(path, file);
    return Readable.from(bytes.length === 0 ? [] : [bytes], { objectMode: false });
  }
  return byteStream(createReadStream(path, { fd: file, highWaterMark: 1024 * 1024 }), path);
}

function readWhole(path: string, file: number): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw readError(path, error);
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of a file that was seen before; undefined if the file has changed since. */
function contentOf({ path, stats }: SeenFile): string | undefined {
  const file = openIfThere(path);
  if (file === undefined) {
    return undefined;
  }
  try {
    const content = hashFile(file);
    return sameFile(fstatSync(file, { bigint: true }), stats) ? content : undefined;
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/**
 * Creates the topmost missing folder of a path. If that fails (as in /proc), it throws, whereas Node's recursive mkdir
 * would loop forever.
 */
function makeTopmost(folder: string): void {
  let topmost: string | undefined;
  for (let each = folder; !existsSync(each); each = dirname(each)) {
    topmost = each;
  }
  if (topmost !== undefined) {
    try {
      mkdirSync(topmost);
    } catch (error) {
      if (codeOf(error) !== "EEXIST") {
        throw error;
      }
    }
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
