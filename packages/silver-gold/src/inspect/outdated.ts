/** Finds the silver objects that an older contract made. */

import { formatOfFile } from "@lakehouse/formats/formats";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { findSource, silverPrefix } from "@lakehouse/lake/keys";
import type { Lake, ObjectSummary, PassOver } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import {
  contractsOf,
  isMadeByOlder,
  type KnownContracts,
  knownUntil,
} from "../current/silver-contracts.ts";
import { listSilver, type SilverObject } from "../current/silver-objects.ts";
import { StateError } from "../errors.ts";
import { readManifest } from "../state/manifest-parts.ts";
import { readRunRecord } from "../state/run-record.ts";

export type { SilverObject } from "../current/silver-objects.ts";

const lookedUpAtOnce = 64;
const nothing: KnownContracts = { manifest: new Map(), until: Number.NaN };

/**
 * Finds a table's silver objects that an older contract made. An object without a receipt is not one: nobody can tell
 * its contract, and the audit reports it.
 *
 * @param passOver Receives the files that are not silver objects.
 * @param onProgress Called with the number of objects that have been looked up, and of those to look up.
 */
export async function findOutdated(
  { silver, gold }: Pick<Lake, "silver" | "gold">,
  table: Table,
  passOver: PassOver,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<SilverObject[]> {
  const objects = await listSilver(silver, table, passOver);
  const lookUp = { silver, concurrency: lookedUpAtOnce, onProgress };
  const contracts = await contractsOf(lookUp, objects, await knownContracts(gold, table));
  return objects.filter(({ key }) => isMadeByOlder(silver, table, contracts.get(key)));
}

/** What to list of a table's silver. */
export interface OutdatedListing {
  /** Only keys after this one. */
  readonly after: string;
  /** Whether to look up the contract of an object. */
  readonly accept: (object: SilverObject) => boolean;
}

/** Objects whose contracts are looked up together. */
const objectsTogether = 10_000;

/** The same as a stream, in the order of the keys, with few objects in memory. */
export async function* listOutdated(
  { silver, gold }: Pick<Lake, "silver" | "gold">,
  table: Table,
  passOver: PassOver,
  { after, accept }: OutdatedListing,
): AsyncGenerator<SilverObject> {
  const known = await knownContracts(gold, table);
  let objects: SilverObject[] = [];
  const outdated = async (): Promise<SilverObject[]> => {
    const contracts = await contractsOf({ silver, concurrency: lookedUpAtOnce }, objects, known);
    return objects.filter(({ key }) => isMadeByOlder(silver, table, contracts.get(key)));
  };
  for await (const summary of silver.list(silverPrefix(table.name), passOver, after)) {
    const object = silverObjectOf(summary, passOver);
    if (object !== undefined && accept(object)) {
      objects.push(object);
    }
    if (objects.length === objectsTogether) {
      yield* await outdated();
      objects = [];
    }
  }
  yield* await outdated();
}

function silverObjectOf(
  { key, etag, size, lastModified }: ObjectSummary,
  passOver: PassOver,
): SilverObject | undefined {
  const source = findSource(key, passOver);
  return source === undefined
    ? undefined
    : {
        key,
        etag,
        size,
        lastModified: lastModified.getTime(),
        format: formatOfFile(key),
        bronzeKey: source.key,
        arrival: source.arrival,
      };
}

/** What gold knows. It only saves look-ups, so damaged state does not matter here; the audit reports it. */
async function knownContracts(gold: Lake["gold"], { name }: Table): Promise<KnownContracts> {
  try {
    const record = (await readRunRecord(gold))?.record;
    const key = record?.tables[name]?.manifest;
    return record === undefined || key === undefined
      ? nothing
      : { manifest: await readManifest(gold, key), until: knownUntil(record.run) };
  } catch (error) {
    if (error instanceof StateError || error instanceof ObjectNotFoundError) {
      return nothing;
    }
    throw error;
  }
}
