/** Compares the gold store with the run record. */
import { modelOfGoldKey, statePrefix, symlinkPrefix } from "@lakehouse/lake/keys";
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { FileLists } from "../state/file-list.ts";
import { publishedOutputs, type RunRecord } from "../state/run-record.ts";
import { packedPartOf, sequenceOf, tableOfState, volumeOfPack } from "../state/state-keys.ts";
import { knownStateOf } from "../state/state-of.ts";

/** The etags of all objects of gold, by key. */
export type GoldListing = ReadonlyMap<string, string>;

/** Lists state and published objects. @param passOver Receives the files that are not objects. */
export async function listGold(gold: ObjectStore, passOver: PassOver): Promise<GoldListing> {
  const listing = new Map<string, string>();
  for await (const { key, etag } of gold.list("", passOver)) {
    listing.set(key, etag);
  }
  return listing;
}

/** The keys that are published according to a record. */
export function publishedKeys(record: Pick<RunRecord, "models">): Set<string> {
  return new Set(publishedOutputs(record).map(({ key }) => key));
}

/** Keys of outputs of models that neither the record nor these names contain, as after the restore of an older record. */
export function unknownOutputs(
  listing: GoldListing,
  record: RunRecord,
  names: ReadonlySet<string>,
): string[] {
  return [...listing.keys()].filter((key) => {
    const model =
      key.startsWith(statePrefix) || key.startsWith(symlinkPrefix)
        ? undefined
        : modelOfGoldKey(key);
    return model !== undefined && !names.has(model) && !Object.hasOwn(record.models, model);
  });
}

/** Keys of manifests of an earlier version, and of outputs of these models that the record doesn't contain. */
export function strayKeys(
  listing: GoldListing,
  record: RunRecord,
  names: ReadonlySet<string>,
): string[] {
  const known = publishedKeys(record);
  return [...listing.keys()].filter((key) => {
    const model = key.startsWith(statePrefix) ? undefined : modelOfGoldKey(key);
    const isOurs = key.startsWith(symlinkPrefix) || (model !== undefined && names.has(model));
    return isOurs && !known.has(key);
  });
}

/**
 * State objects that no run needs any longer. Objects of a run that may still commit have a higher sequence number than
 * the record. Nothing of a table goes while its own state is lost, because then nobody knows what it needs.
 */
export async function unusedState(
  keys: Iterable<string>,
  record: RunRecord,
  lists: FileLists,
): Promise<string[]> {
  const { used, lost } = await knownStateOf(lists, record);
  const parts = new Set([...used].map(packedPartOf));
  return [...keys].filter((key) => {
    const sequence = sequenceOf(key);
    const isOld = sequence !== undefined && sequence <= record.sequence;
    // A pack goes with its part of a manifest, which another run may have written under another number.
    const isPack = volumeOfPack(key) !== undefined;
    const isUsed = isPack ? parts.has(packedPartOf(key)) : used.has(key);
    return isOld && !isUsed && !lost.has(tableOfState(key));
  });
}
