/** Finds what Bronze has that contracts don't read: keys, and values of types that a column refuses. */
import { bronzePrefix, isBronzeKey, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import { decompress } from "@lakehouse/transforms/decode/decompress";
import { isForgotten } from "@lakehouse/transforms/decode/forgotten";
import { type JsonValue, parseJson } from "@lakehouse/transforms/decode/json";
import { readRecords } from "@lakehouse/transforms/decode/record-reader";
import type { Context } from "../../context.ts";
import { type Found, KeyCounts } from "./key-counts.ts";

/** Which objects to read, and how much to show. */
export interface DriftOptions {
  /** The first day of arrival (UTC, `yyyy-MM-dd`). */
  readonly from?: string | undefined;
  readonly samples: number;
}

/** What a table's contract does not read. */
export interface TableDrift {
  readonly table: string;
  readonly objects: number;
  readonly records: number;
  /** The most frequent key first. */
  readonly found: readonly Found[];
}

/** Reads all records of these tables in Bronze. Nothing is written. */
export async function drift(
  { lake, passOver, progress, signal }: Pick<Context, "lake" | "passOver" | "progress" | "signal">,
  tables: readonly Table[],
  { from = "", samples }: DriftOptions,
): Promise<readonly TableDrift[]> {
  const result: TableDrift[] = [];
  for (const table of tables) {
    const counts = new KeyCounts(table, samples);
    let [objects, records] = [0, 0];
    const task = progress.start(`reading ${table.name}`, "objects", undefined);
    try {
      for await (const { key } of lake.bronze.list(bronzePrefix(table.name), passOver)) {
        if (!isBronzeKey(key, passOver) || parseBronzeKey(key).ingestDate < from) {
          continue;
        }
        for await (const record of recordsOf(table, () => lake.bronze.read(key))) {
          signal.throwIfAborted();
          counts.add(record, key);
          records += 1;
        }
        objects += 1;
        task.advance(1);
      }
    } finally {
      task.end();
    }
    result.push({ table: table.name, objects, records, found: counts.sorted() });
  }
  return result;
}

/** The records that are JSON, without what is in the place of removed ones. What is not JSON is in quarantine. */
async function* recordsOf(
  table: Table,
  open: () => Promise<AsyncIterable<Uint8Array>>,
): AsyncGenerator<JsonValue> {
  for await (const records of readRecords(decompress(open), table)) {
    for (let kind = records.next(); kind !== undefined; kind = records.next()) {
      const { block, start, end } = records;
      const isRecord = kind === "value" && !isForgotten(block.bytes, start, end);
      if (isRecord && block.isUtf8(start, end)) {
        const bytes = block.bytes.subarray(start, end);
        yield parseJson(records.textOf?.(bytes) ?? bytes.toString("utf8"));
      }
    }
  }
}
