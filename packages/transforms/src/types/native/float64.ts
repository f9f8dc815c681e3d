/** float64 in Arrow and Polars. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { plainDigits } from "./plain-number.ts";

export const float64Native: NativeType<"float64", number> = {
  writer: ({ index, capacity }) => new Float64Writer(index, capacity),
  polars: () => pl.Float64,
  literal: (value) => pl.lit(value),
  fromText: (text) => ({ value: text.cast(pl.Float64, true) }),
};

const powersOfTen = Array.from({ length: plainDigits + 1 }, (_, places) => 10 ** places);

/** The number that the scanner read, as the nearest double: dividing two exact doubles rounds once. */
function divideDigits(digits: number, places: number): number | undefined {
  const power = powersOfTen[places];
  return power !== undefined && digits < 1e15 && digits > -1e15 ? digits / power : undefined;
}

class Float64Writer extends ColumnWriter {
  readonly #values: Float64Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#values = new Float64Array(capacity);
  }

  override fast(_bytes: Uint8Array, found: Found, row: number): boolean {
    const token = found.tokens[this.column];
    if (token !== Token.INTEGER && token !== Token.FRACTION) {
      return false;
    }
    const digits = found.digits[this.column] as number;
    const value = divideDigits(digits, found.places[this.column] as number);
    if (value === undefined) {
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
    return arrow.makeData({ type: new arrow.Float64(), length, nullCount, nullBitmap, data });
  }
}
