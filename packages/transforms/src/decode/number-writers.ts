/** Writers of numbers, dates and timestamps. */
import * as arrow from "apache-arrow";
import type { Value } from "../contract/column-type.ts";
import { ColumnWriter, type Found } from "./column-writer.ts";
import {
  divideDigits,
  readDays,
  readDigits,
  readMicroseconds,
  scaleDigits,
  UNSURE,
} from "./plain-numbers.ts";
import * as Token from "./token.ts";

/** A column's number times 10^scale, or UNSURE. */
function scaledNumber(bytes: Uint8Array, found: Found, column: number, scale: number): number {
  const token = found.tokens[column];
  if (token === Token.INTEGER || token === Token.FRACTION) {
    return scaleDigits(found.digits[column] as number, found.places[column] as number, scale);
  }
  return token === Token.TEXT
    ? readDigits(bytes, found.starts[column] as number, found.ends[column] as number, scale)
    : UNSURE;
}

export class Int32Writer extends ColumnWriter {
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
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.#values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Int32(), length, nullCount, nullBitmap, data });
  }
}

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

  /** A whole number that a double holds exactly: its two halves, as the machine lays them out. */
  protected writeDouble(value: number, row: number): true {
    this.#words[row * 2] = value;
    this.#words[row * 2 + 1] = Math.floor(value / 4_294_967_296);
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = (value as bigint | null) ?? 0n;
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Int64(), length, nullCount, nullBitmap, data });
  }
}

/** Moments, in microseconds. */
export class TimestampWriter extends Int64Writer {
  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    const isText = found.tokens[column] === Token.TEXT;
    const value = isText ? readMicroseconds(bytes, start, end) : UNSURE;
    return value !== UNSURE && this.writeDouble(value, row);
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const type = new arrow.TimestampMicrosecond();
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
}

export class DecimalWriter extends ColumnWriter {
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
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const type = new arrow.Decimal(this.#scale, this.#precision, 128);
    const data = new Uint32Array(this.#words.buffer, 0, length * 4);
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
}

export class DateWriter extends ColumnWriter {
  readonly #values: Int32Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.#values = new Int32Array(capacity);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    const isText = found.tokens[column] === Token.TEXT && end - start === 10;
    const days = isText ? readDays(bytes, start) : UNSURE;
    if (days === UNSURE) {
      return false;
    }
    this.#values[row] = days;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.#values[row] = Number(value ?? 0);
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.#values.subarray(0, length);
    return arrow.makeData({ type: new arrow.DateDay(), length, nullCount, nullBitmap, data });
  }
}

export class Float64Writer extends ColumnWriter {
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
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.#values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Float64(), length, nullCount, nullBitmap, data });
  }
}
