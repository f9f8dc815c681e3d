/**
 * Builds a column in Arrow's layout, one row at a time.
 *
 * `fast` writes a plain value that the scanner found, and returns false whenever it is not sure. `exact` writes any
 * value that the exact path has read.
 */
import type { Value } from "../types/value.ts";
import type { Arrow, ArrowData } from "./arrow.ts";
import type { Scanner } from "./scanner.ts";

/** What the scanner found in a record, column by column. */
export type Found = Pick<Scanner, "starts" | "ends" | "tokens" | "digits" | "places">;

/** Writes the values of one column. */
export type RowWriter = Pick<ColumnWriter, "fast" | "exact" | "finish">;

/** Writes the values of one column in the layout of its type. */
export abstract class ColumnWriter {
  /** 1 where the row has a value. Maintained only from the first null on. */
  readonly #valid: Uint8Array;
  #hasNulls = false;

  protected readonly column: number;

  /** @param column Its index in the contract. */
  constructor(column: number, capacity: number) {
    this.column = column;
    this.#valid = new Uint8Array(capacity).fill(1);
  }

  /** Writes the value that the scanner found. @returns false when the exact path must read it. */
  abstract fast(bytes: Uint8Array, found: Found, row: number): boolean;

  /** Writes a value of the column's type. */
  exact(value: Value, row: number): void {
    if (value === null) {
      this.#hasNulls = true;
    }
    this.#valid[row] = value === null ? 0 : 1;
    this.write(value, row);
  }

  /** Returns the first `rows` values as Arrow data, and starts again at the first row. */
  finish(arrow: Arrow, rows: number): ArrowData {
    if (!this.#hasNulls) {
      return this.data(arrow, rows, 0, null);
    }
    let nullCount = 0;
    const bitmap = new Uint8Array((rows + 7) >> 3);
    for (let row = 0; row < rows; row++) {
      const valid = this.#valid[row] as number;
      nullCount += 1 - valid;
      bitmap[row >> 3] = (bitmap[row >> 3] as number) | (valid << (row & 7));
    }
    this.#valid.fill(1);
    this.#hasNulls = false;
    return this.data(arrow, rows, nullCount, bitmap);
  }

  /** `fast` calls it for each value, because an earlier record may have left a null in the row. */
  protected present(row: number): true {
    if (this.#hasNulls) {
      this.#valid[row] = 1;
    }
    return true;
  }

  protected abstract write(value: Value, row: number): void;
  protected abstract data(
    arrow: Arrow,
    rows: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData;
}
