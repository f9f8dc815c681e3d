/** int64 in Arrow and Polars. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { scaledNumber, UNSURE } from "./plain-number.ts";

export const int64Native: NativeType<"int64", bigint> = {
  writer: ({ index, capacity }) => new Int64Writer(index, capacity),
  polars: () => pl.Int64,
  literal: (value) => pl.lit(String(value)).cast(pl.Int64, true),
  fromText: (text) => ({ value: text.cast(pl.Int64, true) }),
};

/** Whole numbers of 64 bits. */
export class Int64Writer extends ColumnWriter {
  protected readonly values: BigInt64Array;
  readonly #words: Int32Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.values = new BigInt64Array(capacity);
    this.#words = new Int32Array(this.values.buffer);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const value = scaledNumber(bytes, found, this.column, 0);
    return value !== UNSURE && this.writeDouble(value, row);
  }

  /** Writes a whole number that a double holds exactly, as two halves in the machine's order. */
  protected writeDouble(value: number, row: number): true {
    this.#words[row * 2] = value;
    this.#words[row * 2 + 1] = Math.floor(value / 4_294_967_296);
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = (value as bigint | null) ?? 0n;
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Int64(), length, nullCount, nullBitmap, data });
  }
}
