/** Processes a table's bronze objects anew, as after a change of its contract. */
import { bronzePrefix, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { type ProcessedObjects, processObjects } from "../../process-objects.ts";

/** Days of arrival in UTC, `yyyy-MM-dd`, both included. */
export interface ReplayOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Processes all objects of a table that arrived within the days; their silver is replaced. */
export async function replay(
  context: Context,
  table: Table,
  { from = "", to = "9999-12-31" }: ReplayOptions,
): Promise<ProcessedObjects> {
  const keys: string[] = [];
  for await (const { key } of context.lake.bronze.list(bronzePrefix(table.name))) {
    const { ingestDate } = parseBronzeKey(key);
    if (ingestDate >= from && ingestDate <= to) {
      keys.push(key);
    }
  }
  return processObjects(context, keys);
}
