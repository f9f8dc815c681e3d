/**
 * Publications that can't be finished: a record that was restored may name staged objects that later runs have removed.
 */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { GoldListing } from "../publish/gold-listing.ts";
import { addressesIn } from "../publish/symlinks.ts";
import { isLegacy, openOf, type RunRecord, type TableRecord } from "./run-record.ts";

/** Whether everything that a record has still to publish is there, and all that its manifests will point at. */
export function canPublish(
  gold: Pick<ObjectStore, "uri">,
  { pending, symlinks = {}, tables }: RunRecord,
  listing: GoldListing,
): boolean {
  const needed = Object.values(tables).flatMap((table) => {
    const open = openOf(table);
    return open?.after === undefined
      ? []
      : [open.key, ...(open.after === null ? [] : Object.values(open.after))];
  });
  if (!needed.every((key) => listing.has(key))) {
    return false;
  }
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
  return {
    ...record,
    tables: withoutUnpublished(record.tables),
    pending: {},
    run: { ...record.run, etags: Object.fromEntries(etags) },
  };
}

/** Tables without their open tables, if those were to get another version. */
function withoutUnpublished(tables: RunRecord["tables"]): RunRecord["tables"] {
  const entries = Object.entries(tables).map(([name, table]): [string, TableRecord] => {
    if (isLegacy(table) || table.open?.after === undefined) {
      return [name, table];
    }
    const { open: _, ...rest } = table;
    return [name, rest];
  });
  return Object.fromEntries(entries);
}

/** The keys that a record has still to remove. */
export function pendingRemovals({ pending }: RunRecord): string[] {
  return Object.entries(pending).flatMap(([key, staged]) => (staged === null ? [key] : []));
}
