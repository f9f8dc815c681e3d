/** Finds the silver objects that an older contract made. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { isOutdated, receiptFromMetadata } from "@lakehouse/lake/receipt";
import type { Table } from "@lakehouse/transforms/contract/table";
import { listSilver, type SilverObject } from "../current/silver-objects.ts";
import { inParallel } from "../in-parallel.ts";

export type { SilverObject } from "../current/silver-objects.ts";

const lookedUpAtOnce = 64;

/**
 * Finds a table's silver objects that an older contract made. An object without a receipt is not one: nobody can tell
 * its contract, and the audit reports it.
 *
 * @param onProgress Called with the number of objects that have been looked at, and of all objects.
 */
export async function findOutdated(
  silver: ObjectStore,
  table: Table,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<SilverObject[]> {
  // The audit reports files that do not belong here.
  const objects = await listSilver(silver, table, "skip");
  let done = 0;
  const found = await inParallel(objects, lookedUpAtOnce, async (object) => {
    const receipt = receiptFromMetadata((await silver.head(object.key))?.metadata ?? {});
    done += 1;
    onProgress(done, objects.length);
    return receipt !== undefined && isOutdated(receipt.contract, table, silver) ? [object] : [];
  });
  return found.flat();
}
