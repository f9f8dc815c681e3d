/** Reads the bytes of a bronze object, and decompresses them if its content (not its name) is gzip. */
import { once } from "node:events";
import { Readable, type TransformOptions } from "node:stream";
import { constants, createGunzip, type Gunzip, type ZlibOptions } from "node:zlib";

const GZIP = [0x1f, 0x8b];
/** As large as a block: while one is decoded, another thread decompresses the next. */
const pieceBytes = 4 * 1024 * 1024;
/**
 * How much zlib is given at once, however the bytes arrive: each time takes a turn of the event loop, and so does
 * decoding a block. The first feed is small, because nothing can be decoded before it; each next one is as large as
 * all before it together, up to the most.
 */
const feedBytes = { least: 256 * 1024, most: 2 * 1024 * 1024 };
/** A damaged object is read again with smaller feeds, from the end of the last good one on. */
const smallerFeeds = [16 * 1024, 1] as const;
/**
 * Room for the next pieces, so that decompressing goes on while one is decoded. In object mode, because a stream of
 * bytes would join the waiting pieces into one more.
 */
const options: ZlibOptions & TransformOptions = {
  chunkSize: pieceBytes,
  readableObjectMode: true,
  readableHighWaterMark: 3,
};

type Open = () => Promise<AsyncIterable<Uint8Array>>;

/** What is wrong with an object of which not all could be read. */
export class Damage {
  constructor(readonly message: string) {}
}

/**
 * Decompresses an object, of one gzip member or more, or passes plain bytes through.
 *
 * @param open Opens the object's bytes; called again when it turns out to be damaged.
 * @returns The bytes; where not all of them could be read, the last item is the damage.
 * @throws What reading the source throws; that says nothing about the object.
 */
export async function* decompress(open: Open): AsyncGenerator<Uint8Array | Damage, void> {
  const { gzip, chunks } = await peek(await open());
  if (!gzip) {
    yield* chunks;
    return;
  }
  let done = 0;
  // A piece is handed out once the next one has come: the last one before damage may hold more than `salvage`
  // finds, depending on how the bytes arrived.
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
  // zlib stops at a zero byte after a member, and does not report what follows it.
  const { bytesWritten } = gunzip;
  if (!source.gave(bytesWritten) && !(await onlyZeros(open, bytesWritten))) {
    yield new Damage("the gzip data is damaged: there is more behind its end");
  }
}

/** What zlib found, and whether the records before it can be trusted. */
function damageOf(error: unknown): Damage {
  const message = `the gzip data is damaged: ${error instanceof Error ? error.message : String(error)}`;
  const cutShort = error instanceof Error && "code" in error && error.code === "Z_BUF_ERROR";
  // gzip's checksum covers a whole member and stands at its end: a changed bit may have given other values before it.
  return new Damage(
    cutShort ? message : `${message}; records of this object before it may have been changed, too`,
  );
}

/** Whether the bytes begin as gzip does, and all of the bytes. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ gzip: boolean; chunks: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = Buffer.alloc(0);
  while (bytes.length < GZIP.length) {
    const { done, value } = await iterator.next();
    if (done === true) {
      break;
    }
    head.push(value);
    bytes = Buffer.concat(head);
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* head;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  return { gzip: bytes[0] === GZIP[0] && bytes[1] === GZIP[1], chunks: all() };
}

/** An object's bytes on their way into zlib. */
class Source {
  /** Why reading the source failed, which is not damage of the object. */
  #failure: { readonly error: unknown } | undefined;
  #given = 0;
  #ended = false;

  readonly #chunks: AsyncIterable<Uint8Array>;
  readonly #smaller: { readonly from: number; readonly feed: number };

  /** @param smaller From `from` on, `feed` bytes are given at once. */
  constructor(
    chunks: AsyncIterable<Uint8Array>,
    smaller = { from: Number.POSITIVE_INFINITY, feed: feedBytes.most },
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
    // zlib may fail once more when its reader is done: on bytes written after the end.
    gunzip.on("error", () => {});
    return readable.pipe(gunzip);
  }

  rethrow(): void {
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
  }

  /** Whether the source ended after exactly that many bytes. */
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

  /** How many bytes are given next. */
  #feed(): number {
    const { from, feed } = this.#smaller;
    if (this.#given >= from) {
      return feed;
    }
    const { least, most } = feedBytes;
    return Math.min(Math.max(this.#given, least), most, from - this.#given);
  }
}

/**
 * What a damaged object holds after its first `skip` bytes, up to the byte that is wrong: the same for the
 * same object, however its bytes arrive.
 *
 * @param sound How many compressed bytes are known to be good. The bytes after them are fed one by one in the end,
 *   because zlib loses the output of good bytes that it is fed together with a bad one.
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

/** Whether only zeros follow the compressed data: some programs pad with them. */
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
