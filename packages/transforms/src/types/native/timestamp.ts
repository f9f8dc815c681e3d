/** timestamp in Arrow and Polars, in microseconds. */
import pl from "nodejs-polars";
import type { Arrow, ArrowData } from "../../decode/arrow.ts";
import { MINUS, POINT, ZERO } from "../../decode/ascii.ts";
import type { Found } from "../../decode/column-writer.ts";
import * as Token from "../../decode/token.ts";
import { type EpochUnit, epochScale } from "../epoch.ts";
import { readDays } from "./date.ts";
import { Int64Writer } from "./int64.ts";
import type { NativeType } from "./native-type.ts";
import { epochNumber, two, UNSURE } from "./plain-number.ts";

export const timestampNative: NativeType<"timestamp", bigint> = {
  writer: ({ index, capacity, epoch, assumedOffset }) =>
    epoch === undefined
      ? new TimestampWriter(index, capacity, assumedOffset)
      : new EpochWriter(index, capacity, epoch),
  polars: () => pl.Datetime("us"),
  literal: (value) => pl.lit(String(value)).cast(pl.Int64, true).cast(pl.Datetime("us"), true),
  fromText: (text) => ({
    value: text.str.stripCharsEnd("Z").cast(pl.Datetime("us"), true),
    wrong: text.str.contains("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$").not(),
  }),
};

/**
 * `yyyy-MM-ddTHH:mm:ss[.f{1,6}](Z|±HH:mm)` as microseconds since 1970-01-01T00:00:00Z.
 *
 * @param assumed The offset of a time without one, in minutes. UNSURE if there is none.
 */
export function readMicroseconds(
  bytes: Uint8Array,
  start: number,
  end: number,
  assumed: number,
): number {
  if (end - start < 19 || bytes[start + 10] !== 84) {
    return UNSURE;
  }
  const days = readDays(bytes, start);
  const hours = two(bytes, start + 11);
  const minutes = two(bytes, start + 14);
  const seconds = two(bytes, start + 17);
  if (days === UNSURE || hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return UNSURE;
  }
  if (seconds < 0 || seconds > 59) {
    return UNSURE;
  }
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) {
    return UNSURE;
  }
  let at = start + 19;
  let fraction = 0;
  if (bytes[at] === POINT) {
    let unit = 100_000;
    at++;
    for (; at < end; at++) {
      const digit = (bytes[at] as number) - ZERO;
      if (digit < 0 || digit > 9) {
        break;
      }
      if (unit < 1) {
        return UNSURE;
      }
      fraction += digit * unit;
      unit = unit === 1 ? 0 : unit / 10;
    }
    if (unit === 100_000) {
      return UNSURE;
    }
  }
  const offset = at === end ? assumed : readOffset(bytes, at, end);
  if (offset === UNSURE) {
    return UNSURE;
  }
  const value =
    (days * 86_400 + hours * 3_600 + (minutes - offset) * 60 + seconds) * 1e6 + fraction;
  return Math.abs(value) < Number.MAX_SAFE_INTEGER / 2 ? value : UNSURE;
}

/** `Z` or `±HH:mm` in minutes. */
function readOffset(bytes: Uint8Array, at: number, end: number): number {
  if (bytes[at] === 90) {
    return at + 1 === end ? 0 : UNSURE;
  }
  const sign = bytes[at] === MINUS ? -1 : bytes[at] === 43 ? 1 : 0;
  if (sign === 0 || at + 6 !== end || bytes[at + 3] !== 58) {
    return UNSURE;
  }
  const hours = two(bytes, at + 1);
  const minutes = two(bytes, at + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
    return UNSURE;
  }
  return sign * (hours * 60 + minutes);
}

/** Writes moments, in microseconds. */
class TimestampWriter extends Int64Writer {
  readonly #assumed: number;

  constructor(column: number, capacity: number, assumedOffset?: string) {
    super(column, capacity);
    const offset = Buffer.from(assumedOffset ?? "");
    this.#assumed = readOffset(offset, 0, offset.length);
  }

  override fast(bytes: Uint8Array, found: Found, row: number): boolean {
    const { column } = this;
    const start = found.starts[column] as number;
    const end = found.ends[column] as number;
    const isText = found.tokens[column] === Token.TEXT;
    const value = isText ? readMicroseconds(bytes, start, end, this.#assumed) : UNSURE;
    return value !== UNSURE && this.writeDouble(value, row);
  }

  protected override data(
    arrow: Arrow,
    length: number,
    nullCount: number,
    nullBitmap: Uint8Array | null,
  ): ArrowData {
    const type = new arrow.TimestampMicrosecond();
    const data = this.values.subarray(0, length);
    return arrow.makeData({ type, length, nullCount, nullBitmap, data });
  }
}

/** Reads numbers since 1970-01-01T00:00:00Z. */
class EpochWriter extends TimestampWriter {
  readonly #scale: number;

  constructor(column: number, capacity: number, unit: EpochUnit) {
    super(column, capacity);
    this.#scale = epochScale(unit);
  }

  override fast(_bytes: Uint8Array, found: Found, row: number): boolean {
    const value = epochNumber(found, this.column, this.#scale);
    return value !== UNSURE && this.writeDouble(value, row);
  }
}
