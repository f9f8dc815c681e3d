/** The strings of a column, end to end, in Arrow's layout. */
import type { Arrow, ArrowData } from "../../decode/arrow.ts";

/** Collects strings row by row. */
export class TextBuffer {
  #bytes: Uint8Array = new Uint8Array(1 << 16);
  readonly #offsets: Int32Array;

  constructor(capacity: number) {
    this.#offsets = new Int32Array(capacity + 1);
  }

  /** Adds a string that is already UTF-8. */
  copy(source: Uint8Array, start: number, end: number, row: number): void {
    const offset = this.#offsets[row] as number;
    const next = offset + end - start;
    if (next > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(next, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, offset));
      this.#bytes = larger;
    }
    if (end - start > 64) {
      this.#bytes.set(source.subarray(start, end), offset);
    } else {
      const bytes = this.#bytes;
      for (let from = start, to = offset; from < end; from++, to++) {
        bytes[to] = source[from] as number;
      }
    }
    this.#offsets[row + 1] = next;
  }

  /** Adds a string. */
  write(text: string, row: number): void {
    const bytes = Buffer.from(text, "utf8");
    this.copy(bytes, 0, bytes.length, row);
  }

  /** The first `length` strings. */
  data(arrow: Arrow, length: number, nullCount: number, nullBitmap: Uint8Array | null): ArrowData {
    const valueOffsets = this.#offsets.subarray(0, length + 1);
    const data = this.#bytes.subarray(0, this.#offsets[length]);
    return arrow.makeData({
      type: new arrow.Utf8(),
      length,
      nullCount,
      nullBitmap,
      valueOffsets,
      data,
    });
  }
}

/** Decodes bytes as a string. */
export function utf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
