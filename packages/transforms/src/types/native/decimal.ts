/** decimal in Arrow and Polars, of 128 bits. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import { decimalText } from "../decimal.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { scaledNumber, UNSURE } from "./plain-number.ts";

export const decimalNative: NativeType<"decimal", bigint> = {
  writer: ({ index, capacity }, { precision, scale }) =>
    new DecimalWriter(index, capacity, precision, scale),
  polars: ({ precision, scale }) => pl.Decimal(precision, scale),
  literal: (value, { precision, scale }) =>
    pl.lit(decimalText(value, scale)).cast(pl.Decimal(precision, scale), true),
  // Polars truncates surplus places. Our CSV has exactly `scale` places.
  fromText(text, { precision, scale }) {
    const dtype = pl.Decimal(precision, scale);
    const back = plainNumber(text.cast(dtype).cast(pl.String));
    return {
      value: text.cast(dtype, true),
      wrong: hasScale(text, scale).not(),
      reallyWrong: plainNumber(text).neq(back),
    };
  },
};

/** Whether the text has its point right before the last `scale` digits. */
function hasScale(text: pl.Expr, scale: number): pl.Expr {
  return scale === 0
    ? text.str.contains("^-?\\d+$")
    : text.str.slice(-(scale + 1), 1).eq(pl.lit("."));
}

/** The number's text without trailing zeros after the point. */
function plainNumber(text: pl.Expr): pl.Expr {
  return text.str.replace("(\\.\\d*?)0+$", "$1").str.replace("\\.$", "");
}

class DecimalWriter extends ColumnWriter {
  readonly #words: Int32Array;
  readonly #values: BigInt64Array;
  readonly #limit: number;

  readonly #precision: number;
  readonly #scale: number;

  constructor(column: number, capacity: number, precision: number, scale: number) {
    super(column, capacity);
    this.#precision = precision;
    this.#scale = scale;
    this.#limit = 10 ** precision;
    this.#values = new BigInt64Array(capacity * 2);
    this.#words = new Int32Array(this.#values.buffer);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const value = scaledNumber(bytes, found, this.column, this.#scale);
    if (value === UNSURE || value >= this.#limit || value <= -this.#limit) {
      return false;
    }
    const at = row * 4;
    const sign = value < 0 ? -1 : 0;
    this.#words[at] = value;
    this.#words[at + 1] = Math.floor(value / 4_294_967_296);
    this.#words[at + 2] = sign;
    this.#words[at + 3] = sign;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    const unscaled = (value as bigint | null) ?? 0n;
    this.#values[row * 2] = BigInt.asIntN(64, unscaled);
    this.#values[row * 2 + 1] = unscaled >> 64n;
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const type = new arrow.Decimal(this.#scale, this.#precision, 128);
    const data = new Uint32Array(this.#words.buffer, 0, length * 4);
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
}
