/** Takes an object's bytes as they arrive and cuts them into records, in blocks of one size. */
import { isUtf8 } from "node:buffer";
import { LF } from "./ascii.ts";
import type { Scanner } from "./scanner.ts";
import { type RecordSink, Splitter } from "./splitter.ts";

/** Bounds on memory, in bytes. */
export interface ReaderLimits {
  /** No record is larger; a larger one is refused. */
  readonly maximumRecordBytes: number;
  /** How much is read before records are handed out. */
  readonly blockBytes: number;
}

/** The limits where none are given. */
export const defaultReaderLimits: ReaderLimits = {
  maximumRecordBytes: 16 * 1024 * 1024,
  blockBytes: 4 * 1024 * 1024,
};

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
/** Zero bytes behind the contents: the scanner stops at the first, and may look at the others. */
const PADDING = 256;

/** Cuts one object. */
export class RecordReader {
  /** Offset in the object of the lent buffer's first byte. */
  base = 0;

  readonly #splitter: Splitter;
  readonly #blockBytes: number;
  /** Two take turns, block by block. */
  #buffer = Buffer.alloc(PADDING);
  #other = Buffer.alloc(PADDING);
  /** The buffer's first byte not yet used, and the end of its contents. */
  #used = 0;
  #length = 0;
  /** Bytes of the block now arriving. */
  #filled = 0;
  #started = false;
  /** Contents up to here are known to be UTF-8. */
  #utf8Until = 0;

  readonly #sink: RecordSink;

  constructor(scanner: Scanner, sink: RecordSink, limits: Partial<ReaderLimits> = {}) {
    this.#sink = sink;
    const { maximumRecordBytes, blockBytes } = { ...defaultReaderLimits, ...limits };
    this.#splitter = new Splitter(scanner, sink, maximumRecordBytes);
    this.#blockBytes = Math.max(blockBytes, BOM.length);
  }

  /** The line that the record handed out now starts on, from 1. */
  get line(): number {
    return this.#splitter.line;
  }

  /** Where in the object the bytes read so far end. */
  get offset(): number {
    return this.base + this.#length;
  }

  /**
   * Takes the object's next bytes. Where blocks end does not depend on how they arrive.
   *
   * @returns Whenever the sink was flushed: then what it was lent before that flush is taken back.
   */
  *write(chunk: Uint8Array): Generator<void, void> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#blockBytes - this.#filled);
      this.#append(part);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled === this.#blockBytes) {
        this.#filled = 0;
        yield* this.#split(false);
        this.#turn();
      }
    }
  }

  /** Takes the object's end. @returns As `write`. */
  *end(): Generator<void, void> {
    yield* this.#split(true);
  }

  /** Whether the bytes, which a sink was lent, are UTF-8. */
  isUtf8(bytes: Buffer, start: number, end: number): boolean {
    return end <= this.#utf8Until || isUtf8(bytes.subarray(start, end));
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length + PADDING;
    if (needed > this.#buffer.length) {
      const block = this.#length + this.#blockBytes - this.#filled + PADDING;
      this.#buffer = grown(this.#buffer, this.#length, Math.min(needed * 2, block));
    }
    this.#buffer.set(chunk, this.#length);
    this.#holds(this.#length + chunk.length);
  }

  #holds(length: number): void {
    this.#length = length;
    this.#buffer.fill(0, length, length + PADDING);
  }

  /** Goes on in the other buffer, with what is left of this one. */
  #turn(): void {
    const rest = this.#buffer.subarray(this.#used, this.#length);
    if (rest.length + PADDING > this.#other.length) {
      this.#other = grown(this.#other, 0, rest.length + this.#blockBytes + PADDING);
    }
    this.#other.set(rest);
    [this.#buffer, this.#other] = [this.#other, this.#buffer];
    this.base += this.#used;
    this.#used = 0;
    this.#holds(rest.length);
  }

  *#split(atEnd: boolean): Generator<void, void> {
    const bytes = this.#buffer.subarray(0, this.#length + PADDING);
    if (!this.#started) {
      this.#started = true;
      if (bytes.subarray(0, BOM.length).equals(BOM)) {
        this.#used = BOM.length;
      }
    }
    const lastLine = bytes.lastIndexOf(LF, this.#length) + 1;
    this.#utf8Until = isUtf8(bytes.subarray(this.#used, lastLine)) ? lastLine : 0;
    do {
      this.#used = this.#splitter.split(bytes, this.#used, this.#length, atEnd);
      this.#sink.flush();
      yield;
    } while (this.#splitter.paused);
  }
}

/** A larger buffer with the first bytes of a smaller one. */
function grown(buffer: Buffer, length: number, size: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(size);
  buffer.copy(larger, 0, 0, length);
  return larger;
}
