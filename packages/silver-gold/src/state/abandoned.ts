/**
 * Publications that can't be finished: a record that was restored may name staged objects that later runs have removed.
 */
import type { GoldListing } from "../publish/gold-listing.ts";
import type { RunRecord } from "./run-record.ts";

/** Whether everything that a record has still to publish is there. */
export function canPublish({ pending }: RunRecord, listing: GoldListing): boolean {
  return Object.values(pending).every((key) => key === null || listing.has(key));
}

/** The record as if nothing were pending. What was pending is not as recorded, so the run makes it again. */
export function abandonPending(record: RunRecord): RunRecord {
  const etags = Object.entries(record.run.etags).filter(([key]) => !(key in record.pending));
  return { ...record, pending: {}, run: { ...record.run, etags: Object.fromEntries(etags) } };
}

/** The keys that a record has still to remove. */
export function pendingRemovals({ pending }: RunRecord): string[] {
  return Object.entries(pending).flatMap(([key, staged]) => (staged === null ? [key] : []));
}
