/** int32 in Arrow and Polars. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { scaledNumber, UNSURE } from "./plain-number.ts";

export const int32Native: NativeType<"int32", bigint> = {
  writer: ({ index, capacity }) => new Int32Writer(index, capacity),
  polars: () => pl.Int32,
  literal: (value) => pl.lit(String(value)).cast(pl.Int32, true),
  fromText: (text) => ({ value: text.cast(pl.Int32, true) }),
};

class Int32Writer extends ColumnWriter {
  readonly #values: Int32Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#values = new Int32Array(capacity);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const value = scaledNumber(bytes, found, this.column, 0);
    if (value === UNSURE || (value | 0) !== value) {
      return false;
    }
    this.#values[row] = value;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.#values[row] = Number(value ?? 0);
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const data = this.#values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Int32(), length, nullCount, nullBitmap, data });
  }
}
