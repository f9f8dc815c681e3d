/** string in Arrow and Polars. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { TextBuffer, utf8 } from "./text-buffer.ts";

export const stringNative: NativeType<"string", string> = {
  writer: ({ index, capacity, pattern }) => new StringWriter(index, capacity, pattern),
  polars: () => pl.String,
  literal: (value) => pl.lit(value),
  fromText: (text) => ({ value: text }),
};

class StringWriter extends ColumnWriter {
  readonly #text: TextBuffer;
  readonly #pattern: RegExp | undefined;

  constructor(column: number, capacity: number, pattern: RegExp | undefined) {
    super(column, capacity);
    this.#text = new TextBuffer(capacity);
    this.#pattern = pattern;
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    if (found.tokens[column] !== Token.TEXT) {
      return false;
    }
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    if (this.#pattern?.test(utf8(bytes, start, end)) === false) {
      return false;
    }
    this.#text.copy(bytes, start, end, row);
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.#text.write(value === null ? "" : String(value), row);
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    return this.#text.data(arrow, length, nullCount, nullBitmap);
  }
}
