/**
 * A pack: the bytes of small silver objects, one after another, compressed as a whole. A line of JSON before each says whose
 * they are.
 */
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import * as z from "zod";

/** Reading silver takes much longer than compressing it, so this level is worth it. */
const level = 3;

const header = z.tuple([z.string(), z.string(), z.number().int().min(0), z.number().int().min(0)]);
const lineEnd = 0x0a;

/** An object in a pack. */
export interface PackedObject {
  readonly key: string;
  /** SHA-256 of its bytes, in hexadecimal. */
  readonly sha256: string;
  /** The number of its rows. */
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/** Where an unpacked file has an object's bytes. */
export interface Slice extends Omit<PackedObject, "key" | "bytes"> {
  readonly offset: number;
  readonly length: number;
}

/** A file with the bytes of a pack. */
export interface UnpackedFile {
  /** By the key of the object. */
  readonly slices: ReadonlyMap<string, Slice>;
  /** Whether the pack is not what `writePackFile` wrote. */
  readonly isDamaged: boolean;
}

/** Writes a local file with a pack. */
export async function writePackFile(
  path: string,
  objects: AsyncIterable<PackedObject>,
): Promise<void> {
  await pipeline(encode(objects), createGzip({ level }), createWriteStream(path, { flags: "wx" }));
}

async function* encode(objects: AsyncIterable<PackedObject>): AsyncGenerator<Uint8Array> {
  for await (const { key, sha256, rows, bytes } of objects) {
    yield Buffer.from(`${JSON.stringify([key, sha256, rows, bytes.length])}\n`);
    yield bytes;
  }
}

/**
 * Decompresses a pack into a file.
 *
 * @param packed A local copy of the pack.
 * @param path The file to write.
 */
export async function unpack(packed: string, path: string): Promise<UnpackedFile> {
  const index = new PackIndex();
  try {
    await pipeline(
      createReadStream(packed),
      createGunzip(),
      (chunks: AsyncIterable<Buffer>) => index.note(chunks),
      createWriteStream(path, { flags: "wx" }),
    );
    return { slices: index.slices, isDamaged: !index.isWhole };
  } catch (error) {
    if (!isDamage(error)) {
      throw error;
    }
    return { slices: new Map(), isDamaged: true };
  }
}

/** Whether a pack's content can't be read. Other errors are those of the disk. */
function isDamage(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return (
    error instanceof z.ZodError || error instanceof SyntaxError || /^Z_[A-Z]+_ERROR$/.test(code)
  );
}

/** Finds the objects while the bytes of a pack pass by. */
class PackIndex {
  readonly slices = new Map<string, Slice>();
  /** The beginning of a line of JSON. */
  #line: Buffer[] = [];
  /** The bytes of the object that are still to come. */
  #left = 0;
  #offset = 0;

  get isWhole(): boolean {
    return this.#left === 0 && this.#line.length === 0;
  }

  async *note(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      this.#add(chunk);
      yield chunk;
    }
  }

  #add(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, chunk.length - at);
        this.#left -= taken;
        at += taken;
        continue;
      }
      const end = chunk.indexOf(lineEnd, at);
      this.#line.push(chunk.subarray(at, end === -1 ? undefined : end));
      at = end === -1 ? chunk.length : end + 1;
      if (end !== -1) {
        this.#begin(this.#offset + at);
      }
    }
    this.#offset += chunk.length;
  }

  #begin(offset: number): void {
    const line = Buffer.concat(this.#line).toString();
    this.#line = [];
    const [key, sha256, rows, length] = header.parse(JSON.parse(line));
    this.slices.set(key, { sha256, rows, offset, length });
    this.#left = length;
  }
}
