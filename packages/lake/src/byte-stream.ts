/** Streams of bytes from a store. */
import { Readable } from "node:stream";
import { asError } from "@lakehouse/transforms/errors";
import { StoreError } from "./errors.ts";

/** Passes bytes through, and turns any error into a StoreError that names the object. */
export function byteStream(source: Readable, object: string): Readable {
  const stream = Readable.from(chunks(source, object), { objectMode: false });
  // An error before the first read must wait for the reader, and a stream that is never read must still close.
  source.on("error", () => {});
  stream.once("close", () => source.destroy());
  return stream;
}

async function* chunks(source: Readable, object: string): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    throw readError(object, error);
  }
}

/** The error of an object that could not be read to its end. */
export function readError(object: string, error: unknown): StoreError {
  return new StoreError(
    `${object} could not be read to its end: ${asError(error).message}. `,
    "Read it again from the beginning.",
    { cause: error },
  );
}
