/**
 * Publications that can't be finished: a record that was restored may name staged objects that later runs have removed.
 */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { GoldListing } from "../publish/gold-listing.ts";
import { addressesIn } from "../publish/symlinks.ts";
import type { RunRecord } from "./run-record.ts";

/** Whether everything that a record has still to publish is there, and all that its manifests will point at. */
export function canPublish(
  gold: Pick<ObjectStore, "uri">,
  { pending, symlinks = {} }: RunRecord,
  listing: GoldListing,
): boolean {
  const addresses = new Set([...listing.keys()].map((key) => gold.uri?.(key)));
  return Object.entries(pending).every(([key, staged]) => {
    const targets = addressesIn(symlinks[key] ?? "");
    return (
      staged === null ||
      (listing.has(staged) &&
        (symlinks[key] === undefined || targets.every((target) => addresses.has(target))))
    );
  });
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
