/** SHA-256 digests, which identify content. Etags do not: under SSE-KMS, S3 changes them at each write. */
import { createHash, hash as hashOf } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { open } from "node:fs/promises";

/** Reading a smaller file on another thread takes longer than reading it. */
const smallBytes = 64 * 1024;

/** Bytes that are digested while somebody reads them. */
export interface DigestedBytes {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The digest, in hexadecimal; undefined before the bytes were read to their end. */
  digest(): string | undefined;
}

/** Digests bytes while they are read. */
export function digested(source: AsyncIterable<Uint8Array>): DigestedBytes {
  const hash = createHash("sha256");
  let digest: string | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      hash.update(chunk);
      yield chunk;
    }
    digest = hash.digest("hex");
  }
  return { bytes: bytes(), digest: () => digest };
}

/** The digest of bytes, in hexadecimal. Reads all of them. */
export async function digestOf(source: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of source) {
    hash.update(chunk);
  }
  return hash.digest("hex");
}

/** The digest of a local file, in hexadecimal. */
export async function digestOfFile(path: string): Promise<string> {
  if (statSync(path).size <= smallBytes) {
    return hashOf("sha256", readFileSync(path));
  }
  const hash = createHash("sha256");
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(bufferSize((await file.stat()).size));
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) {
        return hash.digest("hex");
      }
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The size of a buffer to read a file with. A larger one than the file costs more than reading it. */
export function bufferSize(fileSize: number): number {
  return Math.min(fileSize + 1, 1024 * 1024);
}

/** An object that is digested while it is read, several times or not to its end. */
export interface DigestedObject {
  /** Opens its bytes, from the beginning. */
  open(): Promise<AsyncIterable<Uint8Array>>;
  /** Its digest. Reads the object again if nobody has read it to its end. */
  digest(): Promise<string>;
}

/** @param open Opens the object's bytes. */
export function digestedObject(open: DigestedObject["open"]): DigestedObject {
  const readings: DigestedBytes[] = [];
  return {
    async open() {
      const reading = digested(await open());
      readings.push(reading);
      return reading.bytes;
    },
    async digest() {
      const known = readings.flatMap((reading) => reading.digest() ?? []);
      return known[0] ?? (await digestOf(await open()));
    },
  };
}
