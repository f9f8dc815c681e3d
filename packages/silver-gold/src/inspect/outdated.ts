/** Finds the silver objects that an older contract made. */
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { Lake, PassOver } from "@lakehouse/lake/object-store";
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
