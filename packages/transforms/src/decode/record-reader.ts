/** Takes an object's bytes as they arrive and cuts them into records, in blocks of one size. */
import { isUtf8 } from "node:buffer";
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
const LF = 10;
/** Zero bytes behind the contents: the scanner stops at the first, and may look at the others. */
const PADDING = 256;

/** Cuts one object. */
export class RecordReader {
  /** Offset in the object of the lent buffer's first byte. */
  base = 0;

  private readonly splitter: Splitter;
  private readonly blockBytes: number;
  private buffer = Buffer.alloc(PADDING);
  /** The buffer's first byte not yet used, and the end of its contents. */
  private used = 0;
  private length = 0;
  /** Bytes of the block now arriving. */
  private filled = 0;
  private started = false;
  /** Contents up to here are known to be UTF-8. */
  private utf8Until = 0;

  constructor(
    scanner: Scanner,
    private readonly sink: RecordSink,
    limits: Partial<ReaderLimits> = {},
  ) {
    const { maximumRecordBytes, blockBytes } = { ...defaultReaderLimits, ...limits };
    this.splitter = new Splitter(scanner, sink, maximumRecordBytes);
    this.blockBytes = Math.max(blockBytes, BOM.length);
  }

  /** The line that the record handed out now starts on, from 1. */
  get line(): number {
    return this.splitter.line;
  }

  /** Where in the object the bytes read so far end. */
  get offset(): number {
    return this.base + this.length;
  }

  /** Takes the object's next bytes. Where blocks end does not depend on how they arrive. */
  write(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.blockBytes - this.filled);
      this.append(part);
      at += part.length;
      this.filled += part.length;
      if (this.filled === this.blockBytes) {
        this.filled = 0;
        this.split(false);
      }
    }
  }

  /** Takes the object's end. */
  end(): void {
    this.split(true);
  }

  /** Whether the bytes, which a sink was lent, are UTF-8. */
  isUtf8(bytes: Buffer, start: number, end: number): boolean {
    return end <= this.utf8Until || isUtf8(bytes.subarray(start, end));
  }

  private append(chunk: Uint8Array): void {
    const rest = this.length - this.used;
    const needed = rest + chunk.length + PADDING;
    if (needed > this.buffer.length) {
      const block = rest + this.blockBytes + PADDING;
      const larger = Buffer.alloc(Math.max(needed, Math.min(this.buffer.length * 2, block)));
      this.buffer.copy(larger, 0, this.used, this.length);
      this.buffer = larger;
    } else if (this.used > 0) {
      this.buffer.copyWithin(0, this.used, this.length);
    }
    this.base += this.used;
    this.used = 0;
    this.buffer.set(chunk, rest);
    this.length = rest + chunk.length;
    this.buffer.fill(0, this.length, this.length + PADDING);
  }

  private split(atEnd: boolean): void {
    const bytes = this.buffer.subarray(0, this.length + PADDING);
    if (!this.started) {
      this.started = true;
      if (bytes.subarray(0, BOM.length).equals(BOM)) this.used = BOM.length;
    }
    const lastLine = bytes.lastIndexOf(LF, this.length) + 1;
    this.utf8Until = isUtf8(bytes.subarray(this.used, lastLine)) ? lastLine : 0;
    this.used = this.splitter.split(bytes, this.used, this.length, atEnd);
    this.sink.flush();
  }
}
