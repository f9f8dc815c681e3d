/** Runs an object's bytes through this package, and reads a frame as values of the contract's types. */
import type pl from "nodejs-polars";
import polars from "nodejs-polars";
import type { Table } from "../../src/contract/table.ts";
import {
  type DecoderLimits,
  decode as decodeBatches,
  takeBatches,
} from "../../src/decode/decoder.ts";
import { Damage } from "../../src/decode/decompress.ts";
import { type ReaderLimits, RecordReader } from "../../src/decode/record-reader.ts";
import type { RecordKind, Records } from "../../src/decode/splitter.ts";
import type { Refused } from "../../src/quarantine.ts";
import { definitionOf } from "../../src/types/types.ts";
import type { Value } from "../../src/types/value.ts";
import { Validator } from "../../src/validate/validate.ts";

/** A record as the reader finds it. */
export interface CutRecord {
  readonly kind: RecordKind;
  readonly line: number;
  readonly start: number;
  readonly bytes: Buffer;
}

/** The records that the reader finds in the chunks. */
export function cutRecords(
  chunks: readonly Uint8Array[],
  limits: Partial<ReaderLimits> = {},
): CutRecord[] {
  const records: CutRecord[] = [];
  const take = (cut: Records): void => {
    for (let kind = cut.next(); kind !== undefined; kind = cut.next()) {
      const { block, start, end, line } = cut;
      const bytes = Buffer.from(block.bytes.subarray(start, end));
      records.push({ kind, line, start: block.base + start, bytes });
    }
  };
  const reader = new RecordReader(undefined, limits);
  for (const chunk of chunks) {
    reader.write(chunk).forEach(take);
  }
  reader.end().forEach(take);
  return records;
}

/** What became of an object's records: rows, refused and dropped ones. */
export interface Decoded {
  readonly records: number;
  readonly rows: readonly (readonly Value[])[];
  readonly csv: string;
  readonly refused: readonly Refused[];
  readonly dropped: number;
  readonly warned: number;
  readonly damaged: boolean;
}

/** Decodes and validates. */
export async function decode(
  table: Table,
  chunks: readonly Uint8Array[],
  limits: Partial<DecoderLimits> = {},
  damage?: string,
): Promise<Decoded> {
  const frames: pl.DataFrame[] = [];
  const refused: (readonly Refused[])[] = [];
  let records = 0;
  let batches = 0;
  let dropped = 0;
  let warned = 0;
  const validator = new Validator(table);
  const pieces = damage === undefined ? chunks : [...chunks, new Damage(damage)];
  await takeBatches(decodeBatches(table, pieces, limits), async (batch) => {
    const order = batches++;
    records += batch.rows + batch.refused.length + batch.dropped;
    const valid = await validator.validate(batch);
    const frame = valid.frame.collectSync();
    if (valid.rows !== frame.height) {
      throw new Error("the row count is wrong");
    }
    frames[order] = frame;
    refused[order] = valid.refused;
    dropped += valid.dropped;
    warned += valid.warned;
  });
  const damaged = refused.flat().some(({ kind }) => kind === "object");
  const frame = polars.concat(frames);
  const rows = valuesOf(table, frame);
  return { records, rows, csv: csvOf(frame), refused: refused.flat(), dropped, warned, damaged };
}

/** The frame as silver's CSV, without a header. */
export function csvOf(frame: pl.DataFrame): string {
  return frame
    .writeCSV({
      includeHeader: false,
      datetimeFormat: "%Y-%m-%dT%H:%M:%S%.6fZ",
    })
    .toString("utf8");
}

/** By the column's name, its type in Polars and whether it is read as text. Expressions are costly to make. */
const readings = new Map<string, pl.Expr>();

function readingOf(name: string, type: string | undefined, isText: boolean): pl.Expr {
  const key = JSON.stringify([name, type, isText]);
  let reading = readings.get(key);
  if (reading === undefined) {
    const column = polars.col(name);
    const whole =
      type === "Date"
        ? column.cast(polars.Int32)
        : type === "Datetime"
          ? column.cast(polars.Int64)
          : column;
    reading = isText ? whole.cast(polars.Utf8) : whole;
    readings.set(key, reading);
  }
  return reading;
}

/** The frame's rows as values of the contract's types, exactly. */
export function valuesOf(table: Table, frame: pl.DataFrame): Value[][] {
  const isBigint = table.columns.map(
    ({ type }) => typeof definitionOf(type).extremes(type)[0] === "bigint",
  );
  const exact = frame.columns.map((name, i) =>
    readingOf(name, frame.dtypes[i]?.variant, isBigint[i] === true),
  );
  return frame
    .select(...exact)
    .rows()
    .map((row) =>
      row.map((value: Value, i) =>
        value === null || !isBigint[i] ? value : BigInt(String(value).replace(".", "")),
      ),
    );
}
