/** What the gold store holds, compared with what the run record says. */
import { statePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { type RunRecord, stateKeysOf } from "./run-record.ts";
import { sequenceOf } from "./state-keys.ts";

/** The versions of all objects of gold, by key. */
export type GoldListing = ReadonlyMap<string, string>;

const outputPattern = /^([^/]+)\/(?:[^/=]+=[^/]+\/)?data\.(?:csv|parquet)$/;

/** Lists state and published objects. */
export async function listGold(gold: ObjectStore): Promise<GoldListing> {
  const listing = new Map<string, string>();
  for await (const { key, etag } of gold.list("")) listing.set(key, etag);
  return listing;
}

/** Recorded outputs that are missing, or are not the version that was published. */
export function driftedKeys(listing: GoldListing, { models, run }: RunRecord): Set<string> {
  const outputs = Object.values(models).flatMap((model) => Object.values(model.outputs));
  return new Set(
    outputs
      .map(({ key }) => key)
      .filter((key) => listing.get(key) === undefined || listing.get(key) !== run.etags[key]),
  );
}

/** Objects where the outputs of these models lie that no record knows of. */
export function strayKeys(
  listing: GoldListing,
  { models }: RunRecord,
  names: ReadonlySet<string>,
): string[] {
  const known = new Set(
    Object.values(models).flatMap(({ outputs }) => Object.values(outputs).map(({ key }) => key)),
  );
  return [...listing.keys()].filter((key) => {
    const model = key.startsWith(statePrefix) ? undefined : outputPattern.exec(key)?.[1];
    return model !== undefined && names.has(model) && !known.has(key);
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
