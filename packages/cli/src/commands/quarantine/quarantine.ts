/** Counts the refused records by reason, with a few samples of each. */
import { quarantinePrefix } from "@lakehouse/lake/keys";
import { readQuarantine } from "@lakehouse/silver-gold/quarantine";
import { type CountedReason, ReasonCounts } from "@lakehouse/silver-gold/reason-counts";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";

/** A sample of a refused record. */
export interface QuarantineSample {
  readonly bronze_key: string;
  readonly line: number;
  readonly byte_offset: number;
  readonly record_number?: number | undefined;
  readonly message: string;
  readonly raw?: string | undefined;
  readonly raw_base64?: string | undefined;
}

/** A record with several reasons is one record, and counts for each of them. */
export interface QuarantineResult {
  readonly records: number;
  readonly reasons: readonly CountedReason<QuarantineSample>[];
}

/** @param samples The number of samples of each reason. */
export async function quarantine(
  { lake, passOver, progress, signal }: Context,
  tables: readonly Table[],
  samples: number,
): Promise<QuarantineResult> {
  const reasons = new ReasonCounts<QuarantineSample>(samples);
  let records = 0;
  const task = progress.start("reading quarantine", "objects", undefined);
  try {
    for (const { name } of tables) {
      for await (const { key } of lake.silver.list(quarantinePrefix(name), passOver)) {
        signal.throwIfAborted();
        for await (const entry of readQuarantine(lake.silver, key)) {
          records += entry.records ?? 1;
          const { bronze_key, line: number, byte_offset, record_number, raw, raw_base64 } = entry;
          const place = { bronze_key, line: number, byte_offset, record_number };
          reasons.add(name, entry.reasons, entry.records ?? 1, ({ message }) => {
            return { ...place, message, raw, raw_base64 };
          });
        }
        task.advance(1);
      }
    }
  } finally {
    task.end();
  }
  return { records, reasons: reasons.sorted() };
}
