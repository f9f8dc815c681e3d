/** uuid in Arrow and Polars, as canonical text. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { MINUS, ZERO } from "../../decode/ascii.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { TextBuffer } from "./text-buffer.ts";

const length = 36;
/** For the regular expressions of Polars. */
const canonical = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

export const uuidNative: NativeType<"uuid", string> = {
  writer: ({ index, capacity }) => new UuidWriter(index, capacity),
  polars: () => pl.String,
  literal: (value) => pl.lit(value),
  fromText: (text) => ({ value: text, wrong: text.str.contains(canonical).not() }),
  holds: (column) => column.str.contains(canonical),
};

class UuidWriter extends ColumnWriter {
  readonly #text: TextBuffer;
  /** The value in lower case. */
  readonly #lower = new Uint8Array(length);

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#text = new TextBuffer(capacity);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const isText = found.tokens[column] === Token.TEXT;
    if (!isText || (found.ends[column] as number) - start !== length || !this.#read(bytes, start)) {
      return false;
    }
    this.#text.copy(this.#lower, 0, length, row);
    return this.present(row);
  }

  #read(bytes: Uint8Array, start: number): boolean {
    for (let at = 0; at < length; at++) {
      const byte = bytes[start + at] as number;
      // Sets the bit in which lower case differs from upper case; a digit and a minus have it already.
      const lower = byte | 32;
      const isDigit = (byte >= ZERO && byte <= ZERO + 9) || (lower >= 97 && lower <= 102);
      const isMinus = at === 8 || at === 13 || at === 18 || at === 23;
      if (isMinus ? byte !== MINUS : !isDigit) {
        return false;
      }
      this.#lower[at] = lower;
    }
    return true;
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
