/**
 * Publications that can't be finished: a record that was restored may name staged objects that later runs have removed.
 */
import { symlinkPrefix } from "@lakehouse/lake/keys";
import type { GoldListing } from "../publish/gold-listing.ts";
import { openPartsOf, type RunRecord, withOpenTables } from "./run-record.ts";
import { stagedObject } from "./staged.ts";

/** Whether everything that a record has still to publish is there. */
export function canPublish(record: RunRecord, listing: GoldListing): boolean {
  const needed = [...openPartsOf(record).values()].flatMap(({ open }) =>
    open?.after === undefined
      ? []
      : [open.key, ...(open.after === null ? [] : Object.values(open.after))],
  );
  if (!needed.every((key) => listing.has(key))) {
    return false;
  }
  return Object.entries(record.pending).every(
    ([key, staged]) =>
      staged === null || key.startsWith(symlinkPrefix) || listing.has(stagedObject(staged)),
  );
}

/** The record as if nothing were pending. What was pending is not as recorded, so the run makes it again. */
export function abandonPending(record: RunRecord): RunRecord {
  const etags = Object.entries(record.run.etags).filter(([key]) => !(key in record.pending));
  return {
    ...record,
    // Those that were to get another version begin again.
    ...withOpenTables(record, (open) => (open.after === undefined ? open : undefined)),
    pending: {},
    run: { ...record.run, etags: Object.fromEntries(etags) },
  };
}

/** The keys that a record has still to remove. */
export function pendingRemovals({ pending }: RunRecord): string[] {
  return Object.entries(pending).flatMap(([key, staged]) => (staged === null ? [key] : []));
}
