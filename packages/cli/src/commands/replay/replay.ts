/** Processes a table's bronze objects again, as after a change of its contract. */
import { bronzePrefix, isBronzeKey, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { type ProcessedObjects, processObjects } from "../../process-objects.ts";

/** First and last day of arrival (UTC, `yyyy-MM-dd`), and the size of a decoded block. */
export interface ReplayOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly blockMib?: number | undefined;
}

/** Processes all objects of a table that arrived on these days, and replaces their silver. */
export async function replay(
  context: Context,
  table: Table,
  { from = "", to = "9999-12-31", blockMib }: ReplayOptions,
): Promise<ProcessedObjects> {
  const keys: string[] = [];
  for await (const { key } of context.lake.bronze.list(bronzePrefix(table.name))) {
    // The audit reports files that are not bronze objects.
    if (!isBronzeKey(key)) {
      continue;
    }
    const { ingestDate } = parseBronzeKey(key);
    if (ingestDate >= from && ingestDate <= to) {
      keys.push(key);
    }
  }
  return processObjects(context, keys, blockMib);
}
