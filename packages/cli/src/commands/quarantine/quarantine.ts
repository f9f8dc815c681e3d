/** Counts the refused records by reason, with a few samples of each. */
import { createInterface } from "node:readline";
import { bronzeKeyOfQuarantine, quarantinePrefix } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import type { Context } from "../../context.ts";
import { DataError } from "../../errors.ts";

/** A sample of a refused record. */
export interface QuarantineSample {
  readonly bronze_key: string;
  readonly line: number;
  readonly message: string;
  readonly raw?: string | undefined;
  readonly raw_base64?: string | undefined;
}

/** One reason, and the number of records refused for it. */
export interface QuarantineReason {
  readonly table: string;
  /** Null if the whole record is at fault. */
  readonly column: string | null;
  readonly rule: string;
  readonly count: number;
  readonly samples: readonly QuarantineSample[];
}

/** A record with several reasons is one record, and counts for each of them. */
export interface QuarantineResult {
  readonly records: number;
  readonly reasons: readonly QuarantineReason[];
}

interface Counted extends QuarantineReason {
  count: number;
  readonly samples: QuarantineSample[];
}

/** @param samples The number of samples of each reason. */
export async function quarantine(
  { lake, passOver, progress, signal }: Context,
  tables: readonly Table[],
  samples: number,
): Promise<QuarantineResult> {
  const reasons = new Map<string, Counted>();
  let records = 0;
  const task = progress.start("reading quarantine", "objects", undefined);
  try {
    for (const { name } of tables) {
      for await (const { key } of lake.silver.list(quarantinePrefix(name), passOver)) {
        signal.throwIfAborted();
        const input = await lake.silver.read(key);
        for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
          const entry = readEntry(key, line);
          records += entry.records ?? 1;
          count(reasons, name, entry, samples);
        }
        task.advance(1);
      }
    }
  } finally {
    task.end();
  }
  const sorted = [...reasons.values()].sort((a, b) => b.count - a.count || compareNames(a, b));
  return { records, reasons: sorted };
}

/** @throws DataError for a line that bronze→silver did not write. */
function readEntry(key: string, line: string): QuarantineEntry {
  try {
    return JSON.parse(line) as QuarantineEntry;
  } catch (error) {
    throw new DataError(
      `${key} has a line that is not a quarantine entry. `,
      `Process its bronze object again: lakehouse silver --object ${JSON.stringify(bronzeKeyOfQuarantine(key))}.`,
      { cause: error },
    );
  }
}

function count(
  reasons: Map<string, Counted>,
  table: string,
  entry: QuarantineEntry,
  samples: number,
): void {
  const { bronze_key, line, raw, raw_base64 } = entry;
  const counted = new Set<Counted>();
  for (const { column, rule, message } of entry.reasons) {
    const name = JSON.stringify([table, column, rule]);
    const reason = reasons.get(name) ?? { table, column, rule, count: 0, samples: [] };
    reasons.set(name, reason);
    if (!counted.has(reason)) {
      counted.add(reason);
      reason.count += entry.records ?? 1;
      if (reason.samples.length < samples) {
        reason.samples.push({ bronze_key, line, message, raw, raw_base64 });
      }
    }
  }
}

function compareNames(a: QuarantineReason, b: QuarantineReason): number {
  const [first, second] = [a, b].map(({ table, column, rule }) => `${table} ${column} ${rule}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}
