/** The bytes of a bronze object, decompressed if its content (not its name) says that it is gzip. */
import { once } from "node:events";
import { Readable, type TransformOptions } from "node:stream";
import { constants, createGunzip, type Gunzip, type ZlibOptions } from "node:zlib";

const GZIP = [0x1f, 0x8b];
/** As large as a block: while one is decoded, another thread decompresses the next. */
const pieceBytes = 4 * 1024 * 1024;
/** What is read before damage is lost in the piece that it falls in. */
const carefulPieceBytes = 256;
/** Room for the next pieces, so that decompressing goes on while the last one is decoded. */
const options: ZlibOptions & TransformOptions = {
  chunkSize: pieceBytes,
  readableHighWaterMark: 2 * pieceBytes,
};

/**
 * Decompresses an object, of one gzip member or more, or passes plain bytes through.
 *
 * @param open Opens the object's bytes; called again when it turns out to be damaged.
 * @returns What is wrong with the object, when not all of it could be read: its generator's return value.
 * @throws What reading the source throws; that says nothing about the object.
 */
export async function* decompress(
  open: () => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<Uint8Array, string | undefined> {
  const { gzip, chunks } = await peek(await open());
  if (!gzip) {
    yield* chunks;
    return undefined;
  }
  let done = 0;
  const source = new Source(chunks);
  const gunzip = createGunzip(options);
  try {
    for await (const piece of source.into(gunzip)) {
      done += piece.length;
      yield piece;
    }
    return undefined;
  } catch (error) {
    source.rethrow();
    const rest = await salvage((await peek(await open())).chunks, done);
    yield* rest;
    return `the gzip data is damaged: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Whether the bytes begin as gzip does, and all of them. */
async function peek(
  source: AsyncIterable<Uint8Array>,
): Promise<{ gzip: boolean; chunks: AsyncGenerator<Uint8Array> }> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let bytes = Buffer.alloc(0);
  while (bytes.length < GZIP.length) {
    const { done, value } = await iterator.next();
    if (done === true) break;
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

/** Remembers whether the bytes could not be read at all, which is no damage of the object. */
class Source {
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly chunks: AsyncIterable<Uint8Array>) {}

  into(gunzip: Gunzip): Gunzip {
    const readable = Readable.from(this.chunks);
    readable.once("error", (error) => {
      this.failure = { error };
      gunzip.destroy(error);
    });
    gunzip.once("close", () => readable.destroy());
    return readable.pipe(gunzip);
  }

  rethrow(): void {
    if (this.failure !== undefined) throw this.failure.error;
  }
}

/**
 * What a damaged object holds behind its first `skip` bytes, as far as it can be read: with small pieces,
 * fed alike each time, so that the same object always gives the same bytes.
 */
async function salvage(chunks: AsyncIterable<Uint8Array>, skip: number): Promise<Buffer[]> {
  const gunzip = createGunzip({
    chunkSize: carefulPieceBytes,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  const rest: Buffer[] = [];
  let seen = 0;
  gunzip.on("data", (piece: Buffer) => {
    const from = Math.max(0, skip - seen);
    seen += piece.length;
    if (from < piece.length) rest.push(piece.subarray(from));
  });
  const source = new Source(blocks(chunks, carefulPieceBytes));
  source.into(gunzip);
  try {
    await once(gunzip, "end");
  } catch {
    source.rethrow();
  }
  return rest;
}

async function* blocks(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of chunks) {
    const all = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    for (; at + size <= all.length; at += size) yield all.subarray(at, at + size);
    rest = all.subarray(at);
  }
  if (rest.length > 0) yield rest;
}
