/** Reads an object's bytes as they arrive, in blocks of one size, and splits them into records. */
import { Block, PADDING } from "./block.ts";
import { CsvRows } from "./csv-rows.ts";
import { Damage } from "./decompress.ts";
import { Envelopes } from "./envelopes.ts";
import { Scanner, type Wanted } from "./scanner.ts";
import { type Records, Splitter } from "./splitter.ts";

/** Bounds on memory, in bytes. */
export interface ReaderLimits {
  /** The largest record. A larger one is refused. */
  readonly maximumRecordBytes: number;
  /** How many bytes are read before records are handed out. */
  readonly blockBytes: number;
}

/** The default limits. */
export const defaultReaderLimits: ReaderLimits = {
  maximumRecordBytes: 16 * 1024 * 1024,
  blockBytes: 4 * 1024 * 1024,
};

/** The largest envelope, in bytes. It is held in memory as a whole. */
const maximumEnvelopeBytes = 64 * 1024 * 1024;

/**
 * Splits an object into records, block by block. Take all records of a block before you ask for the next one.
 * Two buffers alternate: the bytes of a block with records stay valid until the records of the next such block have
 * been taken.
 *
 * @param pieces The object's bytes. Its damage, if any, comes last.
 * @param wanted The columns whose values to find. Without any, only the records' ends are found.
 */
export async function* readRecords(
  pieces: AsyncIterable<Uint8Array | Damage> | Iterable<Uint8Array | Damage>,
  wanted?: Wanted,
  limits: Partial<ReaderLimits> = {},
): AsyncGenerator<Records, void> {
  const reader = new RecordReader(wanted, limits);
  let damage: string | undefined;
  for await (const piece of pieces) {
    if (piece instanceof Damage) {
      damage = piece.message;
    } else {
      yield* reader.write(piece);
    }
  }
  yield* reader.end(damage);
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

/** The synchronous core of `readRecords`. */
export class RecordReader {
  readonly #splitter: Splitter | CsvRows;
  readonly #records: Records;
  readonly #blockBytes: number;
  #buffer = Buffer.alloc(PADDING);
  #other = Buffer.alloc(PADDING);
  /** The offset of the buffer's first byte in the object. */
  #base = 0;
  /** The end of the buffer's contents. */
  #length = 0;
  /** How many bytes of the current block have arrived. */
  #filled = 0;
  #started = false;

  constructor(wanted?: Wanted, limits: Partial<ReaderLimits> = {}) {
    const unwrap = wanted?.unwrap;
    const maximum = unwrap === undefined ? {} : { maximumRecordBytes: maximumEnvelopeBytes };
    const { maximumRecordBytes, blockBytes } = { ...defaultReaderLimits, ...maximum, ...limits };
    if (wanted?.source !== undefined) {
      this.#splitter = new CsvRows(wanted, wanted.source, maximumRecordBytes);
      this.#records = this.#splitter;
    } else if (unwrap === undefined) {
      this.#splitter = new Splitter(new Scanner(wanted), maximumRecordBytes);
      this.#records = this.#splitter;
    } else {
      const finder = new Scanner({ columns: [{ path: unwrap }], unknownColumns: "ignore" });
      const outer = new Splitter(finder, maximumRecordBytes, true);
      this.#splitter = outer;
      this.#records = new Envelopes(outer, unwrap.length === 0, new Scanner(wanted));
    }
    this.#blockBytes = Math.max(blockBytes, BOM.length);
  }

  /** Takes the object's next bytes. Where blocks end does not depend on how the bytes arrive. */
  *write(chunk: Uint8Array): Generator<Records, void> {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#blockBytes - this.#filled);
      this.#append(part);
      at += part.length;
      this.#filled += part.length;
      if (this.#filled === this.#blockBytes) {
        this.#filled = 0;
        yield this.#open(false);
        this.#turn();
      }
    }
  }

  /** Takes the object's end. */
  *end(damage?: string): Generator<Records, void> {
    yield this.#open(true, damage);
  }

  #open(last: boolean, damage?: string): Records {
    const bytes = this.#buffer.subarray(0, this.#length + PADDING);
    const hasBom = !this.#started && bytes.subarray(0, BOM.length).equals(BOM);
    this.#started = true;
    const start = hasBom ? BOM.length : 0;
    this.#splitter.open(new Block(bytes, start, this.#length, this.#base, last, damage));
    return this.#records;
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

  /** Continues with the rest of the block: in the other buffer, unless no record of this one was handed out. */
  #turn(): void {
    const { position, hasHandedOut } = this.#splitter;
    const rest = this.#buffer.subarray(position, this.#length);
    if (hasHandedOut) {
      if (rest.length + PADDING > this.#other.length) {
        this.#other = grown(this.#other, 0, rest.length + this.#blockBytes + PADDING);
      }
      [this.#buffer, this.#other] = [this.#other, this.#buffer];
    }
    this.#buffer.set(rest);
    this.#base += position;
    this.#holds(rest.length);
  }
}

/** Copies the first bytes of a buffer into a larger one. */
function grown(buffer: Buffer, length: number, size: number): Buffer<ArrayBuffer> {
  const larger = Buffer.alloc(size);
  buffer.copy(larger, 0, 0, length);
  return larger;
}
