/** boolean in Arrow and Polars. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";

export const booleanNative: NativeType<"boolean", boolean> = {
  writer: ({ index, capacity }) => new BooleanWriter(index, capacity),
  polars: () => pl.Bool,
  literal: (value) => pl.lit(value),
  fromText: (text) => ({
    value: pl
      .when(text.eq(pl.lit("true")))
      .then(pl.lit(true))
      .when(text.eq(pl.lit("false")))
      .then(pl.lit(false))
      .otherwise(pl.lit(null)),
    wrong: text.isIn(["true", "false"]).not(),
  }),
};

class BooleanWriter extends ColumnWriter {
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
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const data = new Uint8Array((length + 7) >> 3);
    for (let row = 0; row < length; row++) {
      data[row >> 3] = (data[row >> 3] as number) | ((this.#values[row] as number) << (row & 7));
    }
    return arrow.makeData({ type: new arrow.Bool(), length, nullCount, nullBitmap, data });
  }
}
