/** A block: a run of an object's bytes with whole records, and the beginning of one that the next block completes. */
import { isUtf8 } from "node:buffer";
import { LF } from "./ascii.ts";

/** Zero bytes after the contents. The scanner stops at the first, and may read the others. */
export const PADDING = 256;

/** One block. Its bytes are borrowed: `readRecords` says for how long. */
export class Block {
  static readonly empty = new Block(Buffer.alloc(PADDING), 0, 0, 0);

  /** Contents up to here are known to be UTF-8. */
  readonly #utf8Until: number;

  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly base: number;
  readonly last: boolean;
  readonly damage: string | undefined;

  /**
   * @param bytes The contents in `[start, end)`, and PADDING zero bytes.
   * @param base The offset of the first byte in the object.
   * @param last Whether this is the object's last block.
   * @param damage What is wrong with the object, if not all of its bytes could be read. Only the last block has it.
   */
  constructor(
    bytes: Buffer,
    start: number,
    end: number,
    base: number,
    last = false,
    damage?: string,
  ) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.base = base;
    this.last = last;
    this.damage = damage;
    const lastLine = bytes.lastIndexOf(LF, end) + 1;
    this.#utf8Until = isUtf8(bytes.subarray(start, lastLine)) ? lastLine : 0;
  }

  /** Whether a part of the contents is UTF-8. */
  isUtf8(start: number, end: number): boolean {
    return end <= this.#utf8Until || isUtf8(this.bytes.subarray(start, end));
  }
}
