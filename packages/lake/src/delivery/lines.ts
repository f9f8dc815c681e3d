/** Splits a stream of bytes into lines, without changing a byte. */
import { checkRecord, maximumRecordBytes } from "./delivery-stream.ts";

/** A line and its number. */
export interface Line {
  /** From 1. Blank lines count. */
  readonly number: number;
  /** Without its `\n`; a `\r` stays. */
  readonly bytes: Buffer;
}

const lineFeed = 0x0a;
const blanks = new Set([0x09, 0x0d, 0x20]);

/**
 * Yields the lines of a stream except blank ones. The last line may lack its newline.
 * @param source A Readable of bytes, without encoding. At most one chunk and one line are in memory.
 * @throws RecordTooLargeError for a line that is longer than a delivery stream accepts.
 */
export async function* readNumberedLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Line> {
  let number = 1;
  let partial: Buffer[] = [];
  let partialBytes = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      const line = Buffer.concat([...partial, bytes.subarray(start, end)]);
      yield* unlessBlank({ number, bytes: line });
      number += 1;
      start = end + 1;
      partial = [];
      partialBytes = 0;
    }
    partial.push(bytes.subarray(start));
    partialBytes += bytes.byteLength - start;
    if (partialBytes > maximumRecordBytes) {
      checkRecord({ bytes: Buffer.concat(partial), line: number });
    }
  }
  yield* unlessBlank({ number, bytes: Buffer.concat(partial) });
}

/** Like `readNumberedLines`, but yields only the bytes. */
export async function* readLines(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const { bytes } of readNumberedLines(source)) {
    yield bytes;
  }
}

function* unlessBlank(line: Line): Generator<Line> {
  checkRecord({ bytes: line.bytes, line: line.number });
  if (!line.bytes.every((byte) => blanks.has(byte))) {
    yield line;
  }
}
