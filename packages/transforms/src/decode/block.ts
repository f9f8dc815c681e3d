/** Bytes of an object that are cut together: whole records, and the beginning of one that the next block goes on with. */
import { isUtf8 } from "node:buffer";
import { LF } from "./ascii.ts";

/** Zero bytes behind the contents: the scanner stops at the first, and may look at the others. */
export const PADDING = 256;

/** One block. Its bytes are only lent: `readRecords` says for how long. */
export class Block {
  static readonly empty = new Block(Buffer.alloc(PADDING), 0, 0, 0);

  /** Contents up to here are known to be UTF-8. */
  readonly #utf8Until: number;

  /**
   * @param bytes The contents in `[start, end)`, and PADDING zero bytes.
   * @param base Where in the object the first byte is.
   * @param last Whether the object ends with the block.
   * @param damage What is wrong with the object, if its bytes could not all be read: only the last block knows.
   */
  constructor(
    readonly bytes: Buffer,
    readonly start: number,
    readonly end: number,
    readonly base: number,
    readonly last = false,
    readonly damage?: string,
  ) {
    const lastLine = bytes.lastIndexOf(LF, end) + 1;
    this.#utf8Until = isUtf8(bytes.subarray(start, lastLine)) ? lastLine : 0;
  }

  /** Whether a part of the contents is UTF-8. */
  isUtf8(start: number, end: number): boolean {
    return end <= this.#utf8Until || isUtf8(this.bytes.subarray(start, end));
  }
}
