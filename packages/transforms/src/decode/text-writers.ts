/** Writers of booleans, texts and JSON. */
import * as arrow from "apache-arrow";
import type { Value } from "../contract/column-type.ts";
import { ColumnWriter, type Found } from "./column-writer.ts";
import { canonicalJson, parseJson } from "./json.ts";
import * as Token from "./token.ts";

export class BooleanWriter extends ColumnWriter {
  readonly #values: Uint8Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#values = new Uint8Array(capacity);
  }

  override fast(_bytes: Uint8Array, found: Found, row: number): boolean {
    const token = found.tokens[this.column];
    this.#values[row] = token === Token.TRUE ? 1 : 0;
    return (token === Token.TRUE || token === Token.FALSE) && this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.#values[row] = value === true ? 1 : 0;
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = new Uint8Array((length + 7) >> 3);
    for (let row = 0; row < length; row++) {
      data[row >> 3] = (data[row >> 3] as number) | ((this.#values[row] as number) << (row & 7));
    }
    return arrow.makeData({ type: new arrow.Bool(), length, nullCount, nullBitmap, data });
  }
}

/** Texts, and JSON values as canonical text. */
export class TextWriter extends ColumnWriter {
  #bytes: Uint8Array = new Uint8Array(1 << 16);
  readonly #offsets: Int32Array;

  readonly #isJson: boolean;
  readonly #pattern: RegExp | undefined;

  constructor(column: number, capacity: number, isJson: boolean, pattern: RegExp | undefined) {
    super(column, capacity);
    this.#isJson = isJson;
    this.#pattern = pattern;
    this.#offsets = new Int32Array(capacity + 1);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    const token = found.tokens[column] as number;
    if (this.#isJson) {
      return this.#fastJson(bytes, start, end, token, row);
    }
    if (token !== Token.TEXT) {
      return false;
    }
    if (this.#pattern?.test(utf8(bytes, start, end)) === false) {
      return false;
    }
    this.#copy(bytes, start, end, row);
    return this.present(row);
  }

  #fastJson(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    if (t === Token.TEXT) {
      this.#copy(b, s - 1, e + 1, row);
      return this.present(row);
    }
    if (t === Token.NONE || t === Token.NULL || t === Token.ESCAPED_TEXT) {
      return false;
    }
    if (t === Token.OBJECT || t === Token.ARRAY) {
      this.#encode(canonicalJson(parseJson(utf8(b, s, e))), row);
    } else {
      this.#copy(b, s, e, row);
    }
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.#encode(value === null ? "" : String(value), row);
  }

  #encode(text: string, row: number): void {
    const bytes = Buffer.from(text, "utf8");
    this.#copy(bytes, 0, bytes.length, row);
  }

  #copy(source: Uint8Array, start: number, end: number, row: number): void {
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

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
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

const utf8 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
