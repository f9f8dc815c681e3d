/** date in Arrow and Polars, in days. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { MINUS } from "../../decode/ascii.ts";
import { ColumnWriter, type Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import { firstDay, lastDay } from "../calendar.ts";
import { type EpochUnit, epochScale } from "../epoch.ts";
import type { Value } from "../value.ts";
import type { NativeType } from "./native-type.ts";
import { epochNumber, floorDivided, two, UNSURE } from "./plain-number.ts";

export const dateNative: NativeType<"date", bigint> = {
  writer: ({ index, capacity, epoch }) =>
    epoch === undefined
      ? new DateWriter(index, capacity)
      : new EpochDateWriter(index, capacity, epoch),
  polars: () => pl.Date,
  literal: (value) => pl.lit(Number(value)).cast(pl.Int32, true).cast(pl.Date, true),
  fromText: (text) => ({ value: text.cast(pl.Date, true) }),
};

const daysInMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** `yyyy-MM-dd` as days since 1970-01-01. */
export function readDays(bytes: Uint8Array, at: number): number {
  const century = two(bytes, at);
  const yearOfCentury = two(bytes, at + 2);
  const month = two(bytes, at + 5);
  const day = two(bytes, at + 8);
  if (century < 0 || yearOfCentury < 0 || month < 1 || month > 12 || day < 1) {
    return UNSURE;
  }
  if (bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) {
    return UNSURE;
  }
  const year = century * 100 + yearOfCentury;
  if (year === 0 || day > (daysInMonth[month] as number)) {
    return UNSURE;
  }
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29 && !leap) {
    return UNSURE;
  }
  // Days from civil, with years that begin in March: http://howardhinnant.github.io/date_algorithms.html
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  // `| 0` truncates like Math.floor, because nothing is negative, and keeps the number an integer.
  const dayOfYear = (((153 * marchMonth + 2) / 5) | 0) + day - 1;
  const leapDays = ((marchYear / 4) | 0) - ((marchYear / 100) | 0) + ((marchYear / 400) | 0);
  return marchYear * 365 + leapDays + dayOfYear - 719_468;
}

class DateWriter extends ColumnWriter {
  protected readonly values: Int32Array;

  constructor(column: number, capacity: number) {
    super(column, capacity);
    this.values = new Int32Array(capacity);
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
    this.values[row] = days;
    return this.present(row);
  }

  protected override write(value: Value, row: number): void {
    this.values[row] = Number(value ?? 0);
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type: new arrow.DateDay(), length, nullCount, nullBitmap, data });
  }
}

const microsecondsPerDay = 86_400_000_000;

/** Reads numbers since 1970-01-01. */
class EpochDateWriter extends DateWriter {
  readonly #unit: EpochUnit;

  constructor(column: number, capacity: number, unit: EpochUnit) {
    super(column, capacity);
    this.#unit = unit;
  }

  override fast(_bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const value = epochNumber(found, column, epochScale(this.#unit));
    const isDays = this.#unit === "d";
    const days = isDays ? value : floorDivided(value, microsecondsPerDay);
    const isSure = value !== UNSURE && (!isDays || found.tokens[column] === Token.INTEGER);
    if (!isSure || days < Number(firstDay) || days > Number(lastDay)) {
      return false;
    }
    this.values[row] = days;
    return this.present(row);
  }
}
