/** Which contract made each silver object. The manifest keeps that, so that an object is looked up once. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { isOutdated, receiptFromMetadata } from "@lakehouse/lake/receipt";
import type { Table } from "@lakehouse/transforms/contract/table";
import { inParallel } from "../in-parallel.ts";
import type { Manifest, ManifestEntry } from "../state/manifest.ts";
import type { PartialManifest } from "../state/manifest-parts.ts";
import type { RunRecord } from "../state/run-record.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";

/** How to look up contracts. */
export interface LookUp {
  readonly silver: ObjectStore;
  /** The number of objects that are looked up at once. */
  readonly concurrency: number;
  /** The most objects to look up. Default: all. */
  readonly most?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The contracts in a manifest. */
export interface KnownContracts {
  readonly manifest: Manifest;
  /** A manifest knows the contracts of objects that were written before this time, in milliseconds. */
  readonly until: number;
}

/**
 * Clocks differ, and S3 cuts the time of an object to whole seconds. Processing an object again may leave its etag as it
 * is, so only its time tells that its receipt is another one.
 */
const clockMilliseconds = 2_000;
/** A run looks up at most this many objects of a table. The next run continues. */
export const mostInRun = 10_000;
/** Looking up this many objects again costs more than writing down that it is done. */
export const worthNoting = 100;

/** Until when a run knows the contracts of silver. Silver of days that it left may have been written again since an earlier one. */
export function knownUntil({
  startedAt,
  compared = startedAt,
}: Pick<RunRecord["run"], "startedAt" | "compared">): number {
  return Date.parse(compared) - clockMilliseconds;
}

/** Whether the manifest says which contract made an object. */
export function isKnown({ manifest, until }: KnownContracts, object: SilverObject): boolean {
  const entry = manifest.get(object.key);
  return entry?.etag === object.etag && entry.contract !== undefined && object.lastModified < until;
}

/**
 * Returns the fingerprint of the contract that made each object, by key: from the manifest, otherwise from the object's
 * receipt. It is empty without a receipt, and missing if there were too many to look up.
 */
export async function contractsOf(
  { silver, concurrency, most = Number.POSITIVE_INFINITY, onProgress }: LookUp,
  objects: readonly SilverObject[],
  known: KnownContracts,
): Promise<Map<string, string>> {
  const contracts = new Map<string, string>();
  const unknown: string[] = [];
  for (const object of objects) {
    const contract = known.manifest.get(object.key)?.contract;
    if (contract !== undefined && isKnown(known, object)) {
      contracts.set(object.key, contract);
    } else if (unknown.length < most) {
      unknown.push(object.key);
    }
  }
  let done = 0;
  await inParallel(unknown, concurrency, async (key) => {
    const head = await silver.head(key);
    contracts.set(key, receiptFromMetadata(head?.metadata ?? {})?.contract ?? "");
    done += 1;
    onProgress?.(done, unknown.length);
  });
  return contracts;
}

/** A plan with contracts. */
export interface PlanWithContracts {
  readonly plan: TablePlan;
  /** How many objects the next run need not look up if this one commits. */
  readonly again: number;
}

/**
 * Adds to a plan the contracts of the objects that are not read.
 *
 * @param objects All objects that were compared.
 * @param known What the last manifest says.
 * @param until Until when the next manifest will know contracts.
 */
export async function withContracts(
  lookUp: LookUp,
  plan: TablePlan,
  objects: readonly SilverObject[],
  known: KnownContracts,
  until: number,
): Promise<PlanWithContracts> {
  // The contracts of objects that were written again are known from a moment ago.
  const unread = objects.filter(({ key }) => {
    const entry = plan.kept.get(key);
    return entry !== undefined && entry.etag === known.manifest.get(key)?.etag;
  });
  const contracts = await contractsOf(lookUp, unread, known);
  const changed = new Map<string, ManifestEntry>();
  for (const { key } of unread) {
    const entry = plan.kept.get(key);
    const contract = contracts.get(key);
    if (entry !== undefined && entry.contract !== contract) {
      changed.set(key, { ...entry, contract });
    }
  }
  const kept = new Map([...plan.kept, ...changed]);
  const again = unread.filter(
    (object) => !isKnown(known, object) && isKnown({ manifest: kept, until }, object),
  );
  const dirty = plan.dirty || changed.size > 0;
  return { plan: { ...plan, kept, dirty }, again: again.length };
}

/** Whether an older contract made an object. Without a receipt nobody can tell; the audit reports such objects. */
export function isMadeByOlder(
  silver: ObjectStore,
  table: Table,
  contract: string | undefined = "",
): boolean {
  return contract !== "" && isOutdated(contract, table, silver);
}

/** The number of objects in a manifest that an older contract made. */
export function countOutdated(
  silver: ObjectStore,
  table: Table,
  { entries, untouched }: PartialManifest,
): number {
  const isOlder = (contract: string | undefined) => isMadeByOlder(silver, table, contract);
  const read = [...entries.values()].filter(({ contract }) => isOlder(contract)).length;
  return untouched
    .flatMap(({ contracts }) => Object.entries(contracts))
    .reduce((sum, [contract, objects]) => sum + (isOlder(contract) ? objects : 0), read);
}
