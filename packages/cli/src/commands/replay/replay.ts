/** Processes a table's bronze objects anew, as after a change of its contract. */
import { bronzePrefix, isBronzeKey, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { type ProcessedObjects, processObjects } from "../../process-objects.ts";

/** Days of arrival in UTC, `yyyy-MM-dd`, both included; and the memory that decoding may take. */
export interface ReplayOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly blockMib?: number | undefined;
}

/** Processes all objects of a table that arrived within the days; their silver is replaced. */
export async function replay(
  context: Context,
  table: Table,
  { from = "", to = "9999-12-31", blockMib }: ReplayOptions,
): Promise<ProcessedObjects> {
  const keys: string[] = [];
  for await (const { key } of context.lake.bronze.list(bronzePrefix(table.name))) {
    // A file that is no bronze object is for the audit to list.
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
