/** Processes the bronze objects that have no silver yet, or the named ones. */
import { backlog, type UnknownTable, unknownTables } from "@lakehouse/bronze-silver/backlog";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { type ProcessedObjects, processObjects } from "../../process-objects.ts";

/** What was processed, and what no contract describes. */
export interface SilverResult extends ProcessedObjects {
  /** Tables without a contract; empty if objects were named. */
  readonly unknown: readonly UnknownTable[];
}

/**
 * @param named Keys of bronze objects. If empty, all new objects are processed.
 * @param blockMib How much of an object is decoded at once.
 */
export async function silver(
  context: Context,
  named: readonly string[] = [],
  blockMib?: number,
): Promise<SilverResult> {
  const { lake, catalog, passOver } = context;
  for (const key of named) {
    if ((await lake.bronze.head(key)) === undefined) {
      throw new UsageError(
        `There is no bronze object ${JSON.stringify(key)} in ${lake.bronze.description}`,
        "Keys look like <table>/yyyy/MM/dd/HH/<file>.",
      );
    }
  }
  const keys =
    named.length > 0
      ? [...new Set(named)]
      : await Array.fromAsync(backlog(lake, catalog, passOver));
  const processed = await processObjects(context, keys, blockMib);
  const unknown = named.length > 0 ? [] : await unknownTables(lake.bronze, catalog, passOver);
  return { ...processed, unknown };
}
