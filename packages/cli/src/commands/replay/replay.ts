/** Processes bronze objects again, as after a change of a contract. */
import { bronzePrefix, isBronzeKey, isProcessable, parseBronzeKey } from "@lakehouse/lake/keys";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Context } from "../../context.ts";
import { outdatedObjects } from "../../outdated.ts";
import { type ProcessedObjects, processObjects } from "../../process-objects.ts";

/** Which objects to process, and how. */
export interface ReplayOptions {
  /** Whether to process only objects whose silver was made by an older contract. */
  readonly outdated?: boolean | undefined;
  /** First and last day of arrival (UTC, `yyyy-MM-dd`). */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** How much of an object is decoded at once. */
  readonly blockMib?: number | undefined;
}

/** Processes all objects of these tables that arrived on these days, and replaces their silver. */
export async function replay(
  context: Context,
  tables: readonly Table[],
  { outdated = false, from = "", to = "9999-12-31", blockMib }: ReplayOptions,
): Promise<ProcessedObjects> {
  const all = outdated ? await outdatedKeys(context, tables) : await allKeys(context, tables);
  const keys = all.filter((key) => {
    const { ingestDate } = parseBronzeKey(key);
    return ingestDate >= from && ingestDate <= to;
  });
  return processObjects(context, keys, blockMib);
}

async function allKeys({ lake, passOver }: Context, tables: readonly Table[]): Promise<string[]> {
  const keys: string[] = [];
  for (const { name } of tables) {
    for await (const { key } of lake.bronze.list(bronzePrefix(name), passOver)) {
      if (isBronzeKey(key, passOver) && isProcessable(lake.silver, key, passOver)) {
        keys.push(key);
      }
    }
  }
  return keys;
}

/** The bronze objects whose silver was made by an older contract. */
async function outdatedKeys(context: Context, tables: readonly Table[]): Promise<string[]> {
  const found = await outdatedObjects(context, tables);
  return [...found.values()].flatMap((objects) => objects.map(({ bronzeKey }) => bronzeKey));
}
