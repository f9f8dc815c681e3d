/** A store in memory. */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { Readable } from "node:stream";
import { ObjectNotFoundError, PreconditionFailedError, StoreError } from "@lakehouse/lake/errors";
import type {
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
  PutOptions,
} from "@lakehouse/lake/object-store";
import { checkKey, checkMetadata, keyProblem } from "@lakehouse/lake/testing/object-rules";
import { compareUtf8 } from "@lakehouse/lake/utf8";

/** `content`: digests of the content, as in S3. `random`: another one at each write, as in S3 under SSE-KMS. */
export type Etags = "content" | "random";

interface Stored {
  readonly etag: string;
  readonly bytes: Buffer;
  readonly lastModified: Date;
  readonly metadata: Readonly<Record<string, string>>;
}

/** A store that tests can look into. */
export class MemoryStore implements ObjectStore {
  readonly description = "memory";
  readonly uri?: (key: string) => string;
  readonly objects = new Map<string, Stored>();
  /** The keys of all reads and downloads, in order. */
  readonly reads: string[] = [];
  /** The keys of all heads, in order. */
  readonly heads: string[] = [];
  /** The keys of all writes and deletions, in order. */
  readonly writes: string[] = [];

  readonly bucket: string | undefined;
  readonly etags: Etags;

  /** @param bucket If set, objects have addresses in this bucket, as in S3. */
  constructor(bucket?: string, etags: Etags = "content") {
    this.bucket = bucket;
    this.etags = etags;
    if (bucket !== undefined) {
      this.uri = (key) => `s3://${bucket}/${key}`;
    }
  }

  readonly keyProblem = keyProblem;

  async *listFolders(prefix: string): AsyncGenerator<string> {
    const folders = new Set<string>();
    for await (const { key } of this.list(prefix)) {
      folders.add(key.slice(0, key.indexOf("/", prefix.length) + 1));
    }
    yield* [...folders].filter((folder) => folder !== "");
  }

  async *list(prefix: string, _?: PassOver, after = ""): AsyncGenerator<ObjectSummary> {
    const keys = [...this.objects.keys()].filter(
      (key) => key.startsWith(prefix) && compareUtf8(key, after) > 0,
    );
    for (const key of keys.sort(compareUtf8)) {
      const stored = this.objects.get(key);
      if (stored !== undefined) {
        yield headOf(key, stored);
      }
    }
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    this.heads.push(key);
    const stored = this.objects.get(key);
    return stored && headOf(key, stored);
  }

  async read(key: string): Promise<Readable> {
    this.reads.push(key);
    return Readable.from([this.#stored(key).bytes]);
  }

  async open(key: string): Promise<OpenedObject> {
    this.reads.push(key);
    const stored = this.#stored(key);
    return { head: headOf(key, stored), body: Readable.from([stored.bytes]) };
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<string> {
    checkKey(key);
    checkMetadata(key, options.metadata ?? {});
    const bytes = body instanceof Uint8Array ? Buffer.from(body) : await contentOf(body.path);
    const old = this.objects.get(key);
    if (options.ifMatch !== undefined && options.ifMatch !== (old?.etag ?? null)) {
      throw new PreconditionFailedError(key, this.description, options.ifMatch);
    }
    const etag = this.etags === "random" ? randomUUID() : etagOf(bytes);
    const metadata = options.metadata ?? {};
    this.objects.set(key, { bytes, etag, lastModified: new Date(), metadata });
    this.writes.push(key);
    return etag;
  }

  async delete(key: string): Promise<void> {
    if (this.objects.delete(key)) {
      this.writes.push(key);
    }
  }

  async deleteAll(keys: Iterable<string>): Promise<void> {
    for (const key of keys) {
      await this.delete(key);
    }
  }

  async download(key: string, directory: string): Promise<string> {
    this.reads.push(key);
    const path = join(directory, `${randomUUID()}${extname(key)}`);
    const { bytes } = this.#stored(key);
    await mkdir(directory, { recursive: true });
    await writeFile(path, bytes);
    return path;
  }

  /** The content of an object as a string; undefined if there is no object. */
  text(key: string): string | undefined {
    return this.objects.get(key)?.bytes.toString();
  }

  #stored(key: string): Stored {
    const stored = this.objects.get(key);
    if (stored === undefined) {
      throw new ObjectNotFoundError(key, this.description);
    }
    return stored;
  }
}

function headOf(key: string, { bytes, ...head }: Stored): ObjectHead {
  return { key, size: bytes.length, ...head };
}

function etagOf(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

async function contentOf(path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    throw new StoreError(`${path} can't be read.`, undefined, { cause: error });
  });
}
