/** Objects in an S3 bucket. */
import { randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isDeepStrictEqual } from "node:util";
import {
  type _Error,
  type _Object,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectOutput,
  type ListObjectsV2CommandInput,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  PutObjectCommand,
  type PutObjectCommandInput,
  paginateListObjectsV2,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { LakehouseError } from "@lakehouse/transforms/errors";
import { byteStream } from "./byte-stream.ts";
import {
  InvalidKeyError,
  ObjectNotFoundError,
  PreconditionFailedError,
  StoreError,
  straysError,
} from "./errors.ts";
import type { LakeSettings } from "./lake-settings.ts";
import { checkKey, checkMetadata, keyProblem } from "./object-rules.ts";
import type {
  ObjectBody,
  ObjectHead,
  ObjectStore,
  ObjectSummary,
  OpenedObject,
  PassOver,
  PutOptions,
  RemovedVersions,
} from "./object-store.ts";

const maximumAttempts = 5;
/** An object up to this size takes one PutObject. A larger one is uploaded in parts of this size. */
const partBytes = 8 * 1024 * 1024;
const maximumParts = 10_000;
/** The most objects that one call removes. */
const keysPerCall = 1000;
/** The characters of keys that XML can represent, and that stay the same in it. */
const xmlText = /^[ -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u;

/** A page of a listing: whether its keys are encoded. */
interface ListedPage {
  readonly EncodingType?: string | undefined;
}

/**
 * Creates a client for S3, or for the endpoint that replaces it. Credentials and other settings come from the SDK's
 * usual sources.
 */
export function createS3Client({ region, endpoints }: LakeSettings): S3Client {
  const endpoint = endpoints?.s3;
  return new S3Client({
    maxAttempts: maximumAttempts,
    retryMode: "standard",
    ...(region === undefined ? {} : { region }),
    // Emulators have one host, not one for each bucket.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
  });
}

/**
 * An object store in an S3 bucket. Its etags are S3's: a rewrite that changes only metadata may keep the etag, and under
 * SSE-KMS a rewrite of the same bytes changes it.
 */
export class S3Store implements ObjectStore {
  readonly description: string;
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
    this.description = `s3://${bucket}`;
  }

  uri(key: string): string {
    return `${this.description}/${key}`;
  }

  keyProblem(key: string): string | undefined {
    return keyProblem(key);
  }

  async *list(prefix: string, passOver?: PassOver, after?: string): AsyncGenerator<ObjectSummary> {
    const options = { ...(after !== undefined && { StartAfter: after }) };
    for await (const { key, listed } of this.#list(prefix, options, passOver)) {
      const { Size = 0, ETag = "", LastModified = new Date(0) } = listed;
      yield { key, size: Size, etag: ETag, lastModified: LastModified };
    }
  }

  async *listFolders(prefix: string, passOver?: PassOver): AsyncGenerator<string> {
    for await (const { key } of this.#list(prefix, { Delimiter: "/" }, passOver)) {
      if (key.endsWith("/") && key !== prefix) {
        yield key;
      }
    }
  }

  /** @param options With a delimiter, all keys that have it after the prefix are one, which ends there. */
  async *#list(
    prefix: string,
    options: Pick<ListObjectsV2CommandInput, "Delimiter" | "StartAfter">,
    passOver: PassOver | undefined,
  ): AsyncGenerator<{ readonly key: string; readonly listed: _Object }> {
    // Keys come URL-encoded, because XML can't represent every character of a key.
    const input = {
      Bucket: this.#bucket,
      Prefix: prefix,
      EncodingType: "url",
      ...options,
    } as const;
    const strays: InvalidKeyError[] = [];
    try {
      for await (const page of paginateListObjectsV2({ client: this.#client }, input)) {
        const folders = (page.CommonPrefixes ?? []).map(({ Prefix }) => ({ Key: Prefix }));
        for (const listed of [...folders, ...(page.Contents ?? [])]) {
          const { Key = "" } = listed;
          const key = decodeKey(Key, page);
          if (key === undefined) {
            (passOver ?? ((each) => strays.push(each)))(this.#undecodable(Key));
          } else {
            yield { key, listed };
          }
        }
      }
    } catch (error) {
      throw this.#translate("listed", prefix, error);
    }
    const [first, ...others] = strays;
    if (first !== undefined) {
      throw straysError(first, others);
    }
  }

  async head(key: string): Promise<ObjectHead | undefined> {
    try {
      const head = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.#bucket, Key: key }),
      );
      return headOf(key, head);
    } catch (error) {
      const translated = this.#translate("read", key, error);
      if (translated instanceof ObjectNotFoundError) {
        return undefined;
      }
      throw translated;
    }
  }

  async read(key: string): Promise<Readable> {
    return (await this.open(key)).body;
  }

  async open(key: string): Promise<OpenedObject> {
    try {
      const found = await this.#client.send(
        new GetObjectCommand({ Bucket: this.#bucket, Key: key }),
      );
      const { Body } = found;
      const body = byteStream(
        Body instanceof Readable ? Body : Readable.from([]),
        `${this.description}/${key}`,
      );
      return { head: headOf(key, found), body };
    } catch (error) {
      throw this.#translate("read", key, error);
    }
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<string> {
    checkKey(key);
    const { metadata = {}, ifMatch, contentType } = options;
    checkMetadata(key, metadata);
    try {
      const size = body instanceof Uint8Array ? body.byteLength : (await stat(body.path)).size;
      const input = {
        Bucket: this.#bucket,
        Key: key,
        Metadata: { ...metadata },
        ...(contentType !== undefined && { ContentType: contentType }),
        ...(ifMatch === null ? { IfNoneMatch: "*" } : {}),
        ...(typeof ifMatch === "string" ? { IfMatch: ifMatch } : {}),
      };
      return size <= partBytes
        ? await this.#putWhole(input, body)
        : await this.#putParts(input, body, size);
    } catch (error) {
      throw this.#translate("written", key, error, ifMatch);
    }
  }

  async delete(key: string): Promise<void> {
    try {
      await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, Key: key }));
    } catch (error) {
      throw this.#translate("removed", key, error);
    }
  }

  async deleteAll(keys: Iterable<string>): Promise<void> {
    const { together = [], alone = [] } = Object.groupBy(keys, (key) =>
      xmlText.test(key) ? "together" : "alone",
    );
    for (let from = 0; from < together.length; from += keysPerCall) {
      await this.#deleteTogether(together.slice(from, from + keysPerCall));
    }
    for (const key of alone) {
      await this.delete(key);
    }
  }

  async #deleteTogether(keys: readonly string[]): Promise<void> {
    const [first = "", ...others] = keys;
    if (others.length === 0) {
      await this.delete(first);
      return;
    }
    try {
      const [error] = await this.#deleteObjects(keys.map((Key) => ({ Key })));
      if (error !== undefined) {
        throw this.#notDeleted(error, first);
      }
    } catch (error) {
      throw this.#translate("removed", first, error);
    }
  }

  /** @param objects At most 1,000. @returns Why some of them stay. */
  async #deleteObjects(objects: readonly ObjectIdentifier[]): Promise<readonly _Error[]> {
    const Delete = { Quiet: true, Objects: [...objects] };
    const { Errors = [] } = await this.#client.send(
      new DeleteObjectsCommand({ Bucket: this.#bucket, Delete }),
    );
    return Errors;
  }

  #notDeleted(
    { Key, Code = "Error", Message = "S3 gives no reason" }: _Error,
    first: string,
  ): StoreError {
    return this.#failed("removed", Key ?? first, `${Code}: ${Message}`);
  }

  async removeEarlierVersions(prefix: string): Promise<RemovedVersions> {
    const isFolder = prefix === "" || prefix.endsWith("/");
    const sum = { removed: 0, locked: 0 };
    let from: { readonly KeyMarker?: string; readonly VersionIdMarker?: string } = {};
    try {
      for (;;) {
        const page = await this.#client.send(
          new ListObjectVersionsCommand({
            Bucket: this.#bucket,
            Prefix: prefix,
            EncodingType: "url",
            ...from,
          }),
        );
        const earlier = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]
          .flatMap(({ Key, VersionId, IsLatest }) =>
            IsLatest === false && VersionId !== undefined
              ? [{ Key: this.#listedKey(Key, page), VersionId }]
              : [],
          )
          .filter(({ Key }) => isFolder || Key === prefix);
        const locked = await this.#deleteVersions(earlier);
        sum.locked += locked;
        sum.removed += earlier.length - locked;
        const { IsTruncated, NextKeyMarker, NextVersionIdMarker } = page;
        if (IsTruncated !== true) {
          return sum;
        }
        from = {
          ...(NextKeyMarker !== undefined && { KeyMarker: this.#listedKey(NextKeyMarker, page) }),
          ...(NextVersionIdMarker !== undefined && { VersionIdMarker: NextVersionIdMarker }),
        };
      }
    } catch (error) {
      throw this.#translate("removed", prefix, error);
    }
  }

  /** @returns How many S3 does not let go. */
  async #deleteVersions(versions: readonly ObjectIdentifier[]): Promise<number> {
    const { together = [], alone = [] } = Object.groupBy(versions, ({ Key = "" }) =>
      xmlText.test(Key) ? "together" : "alone",
    );
    const errors = together.length === 0 ? [] : [...(await this.#deleteObjects(together))];
    for (const version of alone) {
      try {
        await this.#client.send(new DeleteObjectCommand({ Bucket: this.#bucket, ...version }));
      } catch (error) {
        if (!(error instanceof S3ServiceException)) {
          throw error;
        }
        errors.push({ ...version, Code: error.name, Message: error.message });
      }
    }
    const failed = errors.find(({ Code }) => Code !== "AccessDenied");
    if (failed !== undefined) {
      throw this.#notDeleted(failed, "");
    }
    return errors.length;
  }

  async download(key: string, directory: string): Promise<string> {
    const source = await this.read(key);
    const path = join(directory, `${randomUUID()}${extname(basename(key))}`);
    try {
      await mkdir(directory, { recursive: true });
      await pipeline(source, createWriteStream(path, { flags: "wx" }));
      return path;
    } catch (error) {
      source.destroy();
      await rm(path, { force: true });
      throw this.#translate("read", key, error);
    }
  }

  async #putWhole(input: PutObjectCommandInput, body: ObjectBody): Promise<string> {
    const bytes = body instanceof Uint8Array ? body : await readFile(body.path);
    try {
      const { ETag = "" } = await this.#client.send(
        new PutObjectCommand({ ...input, Body: bytes }),
      );
      return ETag;
    } catch (error) {
      const won = wasRetried(error)
        ? await this.#etagOf(input, bytes).catch(() => undefined)
        : undefined;
      if (won === undefined) {
        throw error;
      }
      return won;
    }
  }

  /**
   * The etag of an object if it is exactly what we meant to write. If S3 writes an object but its answer is lost, the
   * SDK retries, and the condition fails because of our own first attempt.
   */
  async #etagOf(input: PutObjectCommandInput, bytes: Uint8Array): Promise<string | undefined> {
    const { Bucket, Key } = input;
    const { Body, ETag, Metadata } = await this.#client.send(new GetObjectCommand({ Bucket, Key }));
    const ours =
      isDeepStrictEqual({ ...Metadata }, { ...input.Metadata }) &&
      Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bytes);
    return ours ? ETag : undefined;
  }

  async #putParts(input: PutObjectCommandInput, body: ObjectBody, size: number): Promise<string> {
    const source = body instanceof Uint8Array ? body : createReadStream(body.path);
    try {
      const upload = new Upload({
        client: this.#client,
        params: { ...input, Body: source },
        partSize: Math.max(partBytes, Math.ceil(size / maximumParts)),
        queueSize: 4,
        leavePartsOnError: false,
      });
      const { ETag = "" } = await upload.done();
      return ETag;
    } finally {
      if (source instanceof Readable) {
        source.destroy();
      }
    }
  }

  /** @throws InvalidKeyError if the key is not UTF-8. */
  #listedKey(key = "", page: ListedPage): string {
    const decoded = decodeKey(key, page);
    if (decoded === undefined) {
      throw this.#undecodable(key);
    }
    return decoded;
  }

  #undecodable(key: string): InvalidKeyError {
    return new InvalidKeyError(
      `${this.description}/${key}`,
      "this key, as S3 lists it, is not UTF-8",
      "Copy the object to another key, and remove this one.",
    );
  }

  #translate(
    what: string,
    key: string,
    error: unknown,
    ifMatch: string | null | undefined = undefined,
  ): LakehouseError {
    if (error instanceof LakehouseError) {
      return error;
    }
    const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    const name = error instanceof Error ? error.name : "";
    const missing = status === 404 && name !== "NoSuchBucket" && name !== "NoSuchUpload";
    if (status === 412 || status === 409 || (missing && typeof ifMatch === "string")) {
      return new PreconditionFailedError(key, this.description, ifMatch, { cause: error });
    }
    if (missing) {
      return new ObjectNotFoundError(key, this.description, { cause: error });
    }
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return this.#failed(what, key, reason, { cause: error });
  }

  #failed(what: string, key: string, reason: string, options?: ErrorOptions): StoreError {
    return new StoreError(
      `${JSON.stringify(key)} could not be ${what} in ${this.description}: ${reason}. `,
      `Check the bucket's name, the credentials and their permissions, and the network, then run again.`,
      options,
    );
  }
}

/** What S3 says about an object beside its bytes. */
function headOf(
  key: string,
  { ContentLength = 0, ETag = "", LastModified = new Date(0), Metadata = {} }: HeadObjectOutput,
): ObjectHead {
  return { key, size: ContentLength, etag: ETag, lastModified: LastModified, metadata: Metadata };
}

/** @returns undefined if it can't be decoded. */
function decodeKey(key: string, { EncodingType }: ListedPage): string | undefined {
  if (EncodingType !== "url") {
    return key;
  }
  try {
    return decodeURIComponent(key.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Whether a condition failed on a retry. */
function wasRetried(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    error.$metadata.httpStatusCode === 412 &&
    (error.$metadata.attempts ?? 1) > 1
  );
}
