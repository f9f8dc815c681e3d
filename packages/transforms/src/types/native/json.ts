/** json in Arrow and Polars, as canonical text. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import { canonicalJson, parseJson } from "../../decode/json.ts";
import * as Token from "../../decode/token.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { TextBuffer, utf8 } from "./text-buffer.ts";

export const jsonNative: NativeType<"json", string> = {
  writer: ({ index, capacity }) => new JsonWriter(index, capacity),
  polars: () => pl.String,
  literal: (value) => pl.lit(value),
  fromText: (text) => ({ value: text }),
};

class JsonWriter extends ColumnWriter {
  readonly #text: TextBuffer;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#text = new TextBuffer(capacity);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    const token = found.tokens[column];
    if (token === Token.TEXT) {
      // With its quotes.
      this.#text.copy(bytes, start - 1, end + 1, row);
      return this.present(row);
    }
    if (token === Token.NONE || token === Token.NULL || token === Token.ESCAPED_TEXT) {
      return false;
    }
    if (token === Token.OBJECT || token === Token.ARRAY) {
      this.#text.write(canonicalJson(parseJson(utf8(bytes, start, end))), row);
    } else {
      this.#text.copy(bytes, start, end, row);
    }
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
