/**
 * Columns under construction, in Arrow's layout: one writer a column, one row at a time.
 *
 * `fast` takes the bytes of plain values and says false whenever it is not sure; `exact` takes any value
 * that the exact path has read.
 */
import * as arrow from "apache-arrow";
import type { Value } from "../contract/column-type.ts";
import type { TableColumn } from "../contract/table.ts";
import { canonicalJson, parseJson } from "./json.ts";
import { readDays, readDigits, readDouble, readMicroseconds, UNSURE } from "./plain-numbers.ts";
import { Token } from "./scanner.ts";

/** Writes the values of one column. */
export abstract class ColumnWriter {
  /** 1 where the row has a value; kept only from the first null on. */
  private readonly valid: Uint8Array;
  private hasNulls = false;

  constructor(capacity: number) {
    this.valid = new Uint8Array(capacity).fill(1);
  }

  /** Writes a plain value from its bytes; false when the exact path must read it. */
  abstract fast(bytes: Uint8Array, start: number, end: number, token: number, row: number): boolean;

  /** Writes a value of the column's type. */
  exact(value: Value, row: number): void {
    if (value === null) this.hasNulls = true;
    this.valid[row] = value === null ? 0 : 1;
    this.write(value, row);
  }

  /** The first `rows` values as Arrow data; the next row is the first again. */
  finish(rows: number): arrow.Data {
    if (!this.hasNulls) return this.data(rows, 0, null);
    let nullCount = 0;
    const bitmap = new Uint8Array((rows + 7) >> 3);
    for (let row = 0; row < rows; row++) {
      const valid = this.valid[row] as number;
      nullCount += 1 - valid;
      bitmap[row >> 3] = (bitmap[row >> 3] as number) | (valid << (row & 7));
    }
    this.valid.fill(1);
    this.hasNulls = false;
    return this.data(rows, nullCount, bitmap);
  }

  /** Called for each value that `fast` writes, since an earlier record may have left a null in its row. */
  protected present(row: number): true {
    if (this.hasNulls) this.valid[row] = 1;
    return true;
  }

  protected abstract write(value: Value, row: number): void;
  protected abstract data(
    rows: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data;
}

const isNumeric = (token: number): boolean =>
  token === Token.integer || token === Token.fraction || token === Token.text;

class Int32Writer extends ColumnWriter {
  private readonly values: Int32Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new Int32Array(capacity);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    const value = isNumeric(t) ? readDigits(b, s, e, 0) : UNSURE;
    if (value === UNSURE || (value | 0) !== value) return false;
    this.values[row] = value;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = Number(value ?? 0);
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Int32(), length, nullCount, nullBitmap, data });
  }
}

/** Whole numbers of 64 bits. */
class Int64Writer extends ColumnWriter {
  protected readonly values: BigInt64Array;
  private readonly words: Int32Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new BigInt64Array(capacity);
    this.words = new Int32Array(this.values.buffer);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    const value = isNumeric(t) ? readDigits(b, s, e, 0) : UNSURE;
    return value !== UNSURE && this.writeDouble(value, row);
  }

  /** A whole number that a double holds exactly: its two halves, as the machine lays them out. */
  protected writeDouble(value: number, row: number): true {
    this.words[row * 2] = value;
    this.words[row * 2 + 1] = Math.floor(value / 4_294_967_296);
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
class TimestampWriter extends Int64Writer {
  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    const value = t === Token.text ? readMicroseconds(b, s, e) : UNSURE;
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

class DecimalWriter extends ColumnWriter {
  private readonly words: Int32Array;
  private readonly values: BigInt64Array;
  private readonly limit: number;

  constructor(
    capacity: number,
    private readonly precision: number,
    private readonly scale: number,
  ) {
    super(capacity);
    this.limit = 10 ** precision;
    this.values = new BigInt64Array(capacity * 2);
    this.words = new Int32Array(this.values.buffer);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    const value = isNumeric(t) ? readDigits(b, s, e, this.scale) : UNSURE;
    if (value === UNSURE || value >= this.limit || value <= -this.limit) return false;
    const at = row * 4;
    const sign = value < 0 ? -1 : 0;
    this.words[at] = value;
    this.words[at + 1] = Math.floor(value / 4_294_967_296);
    this.words[at + 2] = sign;
    this.words[at + 3] = sign;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    const unscaled = (value as bigint | null) ?? 0n;
    this.values[row * 2] = BigInt.asIntN(64, unscaled);
    this.values[row * 2 + 1] = unscaled >> 64n;
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const type = new arrow.Decimal(this.scale, this.precision, 128);
    const data = new Uint32Array(this.words.buffer, 0, length * 4);
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
}

class DateWriter extends ColumnWriter {
  private readonly values: Int32Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new Int32Array(capacity);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    const days = t === Token.text && e - s === 10 ? readDays(b, s) : UNSURE;
    if (days === UNSURE) return false;
    this.values[row] = days;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = Number(value ?? 0);
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.DateDay(), length, nullCount, nullBitmap, data });
  }
}

class Float64Writer extends ColumnWriter {
  private readonly values: Float64Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new Float64Array(capacity);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    if (t !== Token.integer && t !== Token.fraction) return false;
    const value = readDouble(b, s, e);
    if (Number.isNaN(value)) return false;
    this.values[row] = value;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = Number(value ?? 0);
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.Float64(), length, nullCount, nullBitmap, data });
  }
}

class BooleanWriter extends ColumnWriter {
  private readonly values: Uint8Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new Uint8Array(capacity);
  }

  override fast(_b: Uint8Array, _s: number, _e: number, t: number, row: number): boolean {
    this.values[row] = t === Token.true ? 1 : 0;
    return (t === Token.true || t === Token.false) && this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = value === true ? 1 : 0;
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const data = new Uint8Array((length + 7) >> 3);
    for (let row = 0; row < length; row++) {
      data[row >> 3] = (data[row >> 3] as number) | ((this.values[row] as number) << (row & 7));
    }
    return arrow.makeData({ type: new arrow.Bool(), length, nullCount, nullBitmap, data });
  }
}

/** Texts, and JSON values as canonical text. */
class TextWriter extends ColumnWriter {
  private bytes: Uint8Array = new Uint8Array(1 << 16);
  private readonly offsets: Int32Array;

  constructor(
    capacity: number,
    private readonly isJson: boolean,
    private readonly pattern: RegExp | undefined,
  ) {
    super(capacity);
    this.offsets = new Int32Array(capacity + 1);
  }

  override fast(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    if (this.isJson) return this.fastJson(b, s, e, t, row);
    if (t !== Token.text) return false;
    if (this.pattern !== undefined && !this.pattern.test(utf8(b, s, e))) return false;
    this.copy(b, s, e, row);
    return this.present(row);
  }

  private fastJson(b: Uint8Array, s: number, e: number, t: number, row: number): boolean {
    if (t === Token.text) {
      this.copy(b, s - 1, e + 1, row);
      return this.present(row);
    }
    if (t === Token.none || t === Token.null || t === Token.escapedText) return false;
    if (t === Token.object || t === Token.array) {
      this.encode(canonicalJson(parseJson(utf8(b, s, e))), row);
    } else {
      this.copy(b, s, e, row);
    }
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.encode(value === null ? "" : String(value), row);
  }

  private encode(text: string, row: number): void {
    const bytes = Buffer.from(text, "utf8");
    this.copy(bytes, 0, bytes.length, row);
  }

  private copy(source: Uint8Array, start: number, end: number, row: number): void {
    const offset = this.offsets[row] as number;
    const next = offset + end - start;
    if (next > this.bytes.length) {
      const larger = new Uint8Array(Math.max(next, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, offset));
      this.bytes = larger;
    }
    if (end - start > 64) {
      this.bytes.set(source.subarray(start, end), offset);
    } else {
      const { bytes } = this;
      for (let from = start, to = offset; from < end; from++, to++) {
        bytes[to] = source[from] as number;
      }
    }
    this.offsets[row + 1] = next;
  }

  protected override data(
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): arrow.Data {
    const valueOffsets = this.offsets.subarray(0, length + 1);
    const data = this.bytes.subarray(0, this.offsets[length]);
    return arrow.makeData({
      type: new arrow.Utf8(),
      length,
      nullCount,
      nullBitmap,
      valueOffsets,
      data,
    });
  }
}

const utf8 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");

/** A writer for the column, with room for `capacity` rows. */
export function columnWriter({ type, pattern }: TableColumn, capacity: number): ColumnWriter {
  switch (type.kind) {
    case "int32":
      return new Int32Writer(capacity);
    case "int64":
      return new Int64Writer(capacity);
    case "timestamp":
      return new TimestampWriter(capacity);
    case "decimal":
      return new DecimalWriter(capacity, type.precision, type.scale);
    case "date":
      return new DateWriter(capacity);
    case "float64":
      return new Float64Writer(capacity);
    case "boolean":
      return new BooleanWriter(capacity);
    case "string":
      return new TextWriter(capacity, false, pattern);
    case "json":
      return new TextWriter(capacity, true, undefined);
  }
}
