/** What the gold store holds, compared with what the run record says. */
import { statePrefix, symlinkPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { type RunRecord, stateKeysOf } from "../state/run-record.ts";
import { sequenceOf } from "../state/state-keys.ts";

/** The versions of all objects of gold, by key. */
export type GoldListing = ReadonlyMap<string, string>;

const outputPattern = /^([^/]+)\/(?:[^/=]+=[^/]+\/)?data\.(?:csv|parquet)$/;

/** Lists state and published objects. */
export async function listGold(gold: ObjectStore): Promise<GoldListing> {
  const listing = new Map<string, string>();
  for await (const { key, etag } of gold.list("")) {
    listing.set(key, etag);
  }
  return listing;
}

/** The keys of all that a record says is published. */
export function publishedKeys({ models, symlinks = {} }: RunRecord): Set<string> {
  const outputs = Object.values(models).flatMap((model) => Object.values(model.outputs));
  return new Set([...outputs.map(({ key }) => key), ...Object.keys(symlinks)]);
}

/** Recorded objects that are missing, or are not the version that was published. */
export function driftedKeys(listing: GoldListing, record: RunRecord): Set<string> {
  const { etags } = record.run;
  const isDrifted = (key: string) =>
    listing.get(key) === undefined || listing.get(key) !== etags[key];
  return new Set([...publishedKeys(record)].filter(isDrifted));
}

/** Objects where the outputs of these models lie, or manifests, that no record knows of. */
export function strayKeys(
  listing: GoldListing,
  record: RunRecord,
  names: ReadonlySet<string>,
): string[] {
  const known = publishedKeys(record);
  return [...listing.keys()].filter((key) => {
    const model = key.startsWith(statePrefix) ? undefined : outputPattern.exec(key)?.[1];
    const isOurs = key.startsWith(symlinkPrefix) || (model !== undefined && names.has(model));
    return isOurs && !known.has(key);
  });
}

/**
 * State objects that no run can need any more: not of this record, and not of a run that may still commit,
 * for that one's have a higher number.
 */
export function unusedState(keys: Iterable<string>, record: RunRecord): string[] {
  const used = stateKeysOf(record);
  return [...keys].filter((key) => {
    const sequence = sequenceOf(key);
    return sequence !== undefined && sequence <= record.sequence && !used.has(key);
  });
}
