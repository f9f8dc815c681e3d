/** What quarantine keeps of a refused record: its position, every reason, and its raw bytes. */
import { isUtf8 } from "node:buffer";
import type { Reason } from "./decode/exact.ts";

/** One refused record, or (`object`) an object's damage. */
export interface QuarantineEntry {
  readonly kind: "record" | "object";
  readonly bronze_key: string;
  /** The line of the decompressed object that the record starts on, from 1. */
  readonly line: number;
  /** The byte of the decompressed object that it starts at, from 0. */
  readonly byte_offset: number;
  /** The record's number in its envelope, from 1, if it was in one. */
  readonly record_number?: number;
  /** The first reason's column, rule and message. */
  readonly column: string | null;
  readonly rule: string;
  readonly message: string;
  /** The record as it arrived, if it is UTF-8. */
  readonly raw?: string;
  /** The record as it arrived, if it is not UTF-8. */
  readonly raw_base64?: string;
  readonly reasons: readonly Reason[];
  /**
   * How many records this entry holds, if several. `raw` then has one after the other, each on a line of its own, and
   * the position, the messages and the kind are the first one's.
   */
  readonly records?: number;
}

/** A refused record, without the object it is from. */
export interface Refused {
  readonly kind: "record" | "object";
  readonly line: number;
  /** In its envelope, from 1; undefined if it is in none. */
  readonly number?: number | undefined;
  readonly byteOffset: number;
  readonly raw: Buffer;
  /** The record as JSON, if it arrived as a row of CSV that could be read. */
  readonly json?: string | undefined;
  readonly reasons: readonly [Reason, ...Reason[]];
}

/** The entry of a refused record. */
export function quarantineEntry(bronzeKey: string, refused: Refused): QuarantineEntry {
  const { kind, line, number, byteOffset, raw, reasons } = refused;
  const [{ column, rule, message }] = reasons;
  return {
    kind,
    bronze_key: bronzeKey,
    line,
    byte_offset: byteOffset,
    ...(number !== undefined && { record_number: number }),
    column,
    rule,
    message,
    ...(isUtf8(raw) ? { raw: raw.toString("utf8") } : { raw_base64: raw.toString("base64") }),
    reasons,
  };
}

const lineFeed = Buffer.from("\n");

/** The entry of refused records that break the same rules. */
export function groupEntry(
  bronzeKey: string,
  [first, ...others]: readonly [Refused, ...Refused[]],
): QuarantineEntry {
  if (others.length === 0) {
    return quarantineEntry(bronzeKey, first);
  }
  const raw = Buffer.concat([first.raw, ...others.flatMap((each) => [lineFeed, each.raw])]);
  return { ...quarantineEntry(bronzeKey, { ...first, raw }), records: others.length + 1 };
}
