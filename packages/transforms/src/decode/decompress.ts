/** Reads a bronze object's bytes, and decompresses them if its content (not its name) is gzip. */
import { once } from "node:events";
import { Readable, type TransformOptions } from "node:stream";
import { constants, createGunzip, type Gunzip, type ZlibOptions } from "node:zlib";
import { asError } from "../errors.ts";

const GZIP = [0x1f, 0x8b];
/** The size of a block: while one is decoded, another thread decompresses the next. */
const pieceBytes = 4 * 1024 * 1024;
/**
 * How many bytes zlib gets at once, however they arrive. Each feed takes a turn of the event loop, and so does
 * decoding a block. The first feed is small, because nothing can be decoded before it. Each later one is as large as
 * all before it together, up to the maximum.
 */
const feedBytes = { minimum: 256 * 1024, maximum: 2 * 1024 * 1024 };
/** A damaged object is read again, with smaller feeds from the end of the last good one on. */
const smallerFeeds = [16 * 1024, 1] as const;
/**
 * Room for the next pieces, so that decompression continues while one is decoded. In object mode, because a stream of
 * bytes would copy the waiting pieces into one.
 */
const options: ZlibOptions & TransformOptions = {
  chunkSize: pieceBytes,
  readableObjectMode: true,
  readableHighWaterMark: 3,
};

type Open = () => Promise<AsyncIterable<Uint8Array>>;

/** What is wrong with an object that could not be read completely. */
export class Damage {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/**
 * Decompresses an object of one or more gzip members, or passes plain bytes through.
 *
 * @param open Opens the object's bytes. It is called again if they turn out to be damaged.
 * @returns The bytes. If not all of them could be read, the last item is the damage.
 * @throws Whatever reading the source throws. That is not damage of the object.
 */
export async function* decompress(open: Open): AsyncGenerator<Uint8Array | Damage, void> {
  const { gzip, chunks } = await peek(await open());
  if (!gzip) {
    yield* chunks;
    return;
  }
  let done = 0;
  // A piece is yielded once the next one has come. The last one before damage may hold more than `salvage` finds,
  // depending on how the bytes arrived.
  let held: Uint8Array | undefined;
  const source = new Source(chunks);
  const gunzip = createGunzip(options);
  try {
    for await (const piece of source.into(gunzip)) {
      if (held !== undefined) {
        done += held.length;
        yield held;
      }
      held = piece;
    }
  } catch (error) {
    source.rethrow();
    yield* await salvage(open, gunzip.bytesWritten, done);
    yield damageOf(error);
    return;
  }
  if (held !== undefined) {
    yield held;
  }
  // zlib stops at a zero byte after a member, and does not report the bytes after it.
  const { bytesWritten } = gunzip;
  if (!source.gave(bytesWritten) && !(await onlyZeros(open, bytesWritten))) {
    yield new Damage("the gzip data is damaged: unexpected bytes follow its end");
  }
}

/** What zlib found, and whether the records before the damage can be trusted. */
function damageOf(error: unknown): Damage {
  const message = `the gzip data is damaged: ${asError(error).message}`;
  const cutShort = error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
  // gzip's checksum is at the end of a member: a flipped bit may have changed values before zlib noticed.
  return new Damage(
    cutShort ? message : `${message}; earlier records of this object may be wrong, too`,
  );
}

/** Whether bytes begin like gzip, however they are divided, and all of the bytes. */
export async function peek<T extends Uint8Array>(
  source: AsyncIterable<T>,
): Promise<{ readonly gzip: boolean; readonly chunks: AsyncGenerator<T> }> {
  const iterator = source[Symbol.asyncIterator]();
  const head: T[] = [];
  let bytes = Buffer.alloc(0);
  while (bytes.length < GZIP.length) {
    const { done, value } = await iterator.next();
    if (done === true) {
      break;
    }
    head.push(value);
    bytes = Buffer.concat(head);
  }
  async function* all(): AsyncGenerator<T> {
    try {
      yield* head;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  return { gzip: bytes[0] === GZIP[0] && bytes[1] === GZIP[1], chunks: all() };
}

/** Feeds an object's bytes to zlib. */
class Source {
  /** Why reading the source failed. That is not damage of the object. */
  #failure: { readonly error: unknown } | undefined;
  #given = 0;
  #ended = false;

  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #smaller: { readonly from: number; readonly feed: number };

  /** @param smaller From byte `from` on, zlib gets `feed` bytes at once. */
  constructor(
    chunks: AsyncIterable<Uint8Array>,
    smaller = { from: Number.POSITIVE_INFINITY, feed: feedBytes.maximum },
  ) {
    this.#chunks = chunks;
    this.#smaller = smaller;
  }

  into(gunzip: Gunzip): Gunzip {
    const readable = Readable.from(this.#pieces());
    readable.once("error", (error) => {
      this.#failure = { error };
      gunzip.destroy(error);
    });
    gunzip.once("close", () => readable.destroy());
    // zlib may fail again after its reader is done, on bytes written after the end.
    gunzip.on("error", () => {});
    return readable.pipe(gunzip);
  }

  rethrow(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  /** Whether the source ended after exactly this many bytes. */
  gave(bytes: number): boolean {
    return this.#ended && this.#given === bytes;
  }

  async *#pieces(): AsyncGenerator<Uint8Array> {
    let parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.#chunks) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + this.#feed() - size);
        parts.push(part);
        at += part.length;
        size += part.length;
        if (size < this.#feed()) {
          continue;
        }
        this.#given += size;
        yield parts.length === 1 ? part : Buffer.concat(parts);
        parts = [];
        size = 0;
      }
    }
    this.#given += size;
    if (size > 0) {
      yield Buffer.concat(parts);
    }
    this.#ended = true;
  }

  /** How many bytes zlib gets next. */
  #feed(): number {
    const { from, feed } = this.#smaller;
    if (this.#given >= from) {
      return feed;
    }
    const { minimum, maximum } = feedBytes;
    return Math.min(Math.max(this.#given, minimum), maximum, from - this.#given);
  }
}

/**
 * Reads what a damaged object holds after its first `skip` bytes, up to the first bad byte. The result is the same
 * however the object's bytes arrive.
 *
 * @param sound How many compressed bytes are known to be good. The bytes after them are finally fed one by one,
 *   because zlib loses the output of good bytes that are fed together with a bad one.
 */
async function salvage(open: Open, sound: number, skip: number): Promise<Buffer[]> {
  let rest: Buffer[] = [];
  let from = sound;
  for (const feed of smallerFeeds) {
    rest = [];
    const gunzip = createGunzip({ ...options, finishFlush: constants.Z_SYNC_FLUSH });
    let seen = 0;
    gunzip.on("data", (piece: Buffer) => {
      const start = Math.max(0, skip - seen);
      seen += piece.length;
      if (start < piece.length) {
        rest.push(piece.subarray(start));
      }
    });
    const source = new Source(await open(), { from, feed });
    source.into(gunzip);
    try {
      await once(gunzip, "end");
    } catch {
      source.rethrow();
    }
    from = gunzip.bytesWritten;
  }
  return rest;
}

/** Whether only zeros follow the compressed data. Some programs pad with them. */
async function onlyZeros(open: Open, compressed: number): Promise<boolean> {
  let rest = -compressed;
  for await (const chunk of await open()) {
    const from = Math.max(0, -rest);
    rest += chunk.length;
    if (chunk.subarray(from).some((byte) => byte !== 0)) {
      return false;
    }
  }
  return true;
}
