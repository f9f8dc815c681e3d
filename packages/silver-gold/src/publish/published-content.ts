/** Compares published objects with what a run record says of their content. An etag alone does not show a change. */
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { inParallel } from "../in-parallel.ts";
import { hashStream } from "../state/content-hash.ts";
import { publishedOutputs, type RunRecord } from "../state/run-record.ts";
import { isTaken, takenHash } from "../state/taken-files.ts";
import type { GoldListing } from "./gold-listing.ts";

/** The name of a published object's metadata that holds the digest of its content. */
export const contentHashName = "content-hash";

/** Those of the objects that a gold run published. Somebody else may have written the others. */
export async function onlyPublished(
  gold: ObjectStore,
  keys: readonly string[],
  concurrency: number,
): Promise<string[]> {
  const found = new Set<string>();
  await inParallel(keys, concurrency, async (key) => {
    if ((await gold.head(key))?.metadata[contentHashName] !== undefined) {
      found.add(key);
    }
  });
  return keys.filter((key) => found.has(key));
}

/** A version of a published object, and the digest of its content. */
export interface PublishedVersion {
  readonly etag: string;
  readonly hash: string;
}

/** Reads a published object. @returns Undefined if there is none. */
export async function publishedVersion(
  gold: ObjectStore,
  key: string,
): Promise<PublishedVersion | undefined> {
  if (isTaken(key)) {
    const head = await gold.head(key);
    return head && { etag: head.etag, hash: takenHash(key, head.size) };
  }
  try {
    const { head, body } = await gold.open(key);
    return { etag: head.etag, hash: await hashStream(body) };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) {
      return undefined;
    }
    throw error;
  }
}

/** What a run record says of a published object. */
export interface Recorded {
  /** Undefined until it is published. */
  readonly etag: string | undefined;
  readonly hash: string;
}

/** What a run record says of all published objects, by key. */
export function recordedObjects(record: RunRecord): Map<string, Recorded> {
  return new Map(
    publishedOutputs(record).map(({ key, hash }) => [key, { etag: record.run.etags[key], hash }]),
  );
}

/** How published objects differ from a run record. */
export interface Drift {
  /** Keys of objects that are missing, or have another content. */
  readonly drifted: ReadonlySet<string>;
  /** The etags of objects that have the same content under another etag, as after a copy to another key of KMS. */
  readonly renewed: ReadonlyMap<string, string>;
}

/**
 * Compares published objects with what a run record says of them.
 *
 * @param every Reads all of them, instead of those whose etag differs from the record's. A directory finds an edit that
 *   keeps size and time only then.
 */
export async function findDrift(
  gold: ObjectStore,
  listing: GoldListing,
  recorded: ReadonlyMap<string, Recorded>,
  concurrency: number,
  every: boolean,
): Promise<Drift> {
  const drifted = new Set<string>();
  const renewed = new Map<string, string>();
  const suspects = [...recorded].filter(([key, { etag }]) => every || listing.get(key) !== etag);
  await inParallel(suspects, concurrency, async ([key, { etag, hash }]) => {
    const found = listing.has(key) ? await publishedVersion(gold, key) : undefined;
    if (found === undefined || found.hash !== hash) {
      drifted.add(key);
    } else if (found.etag !== etag) {
      renewed.set(key, found.etag);
    }
  });
  return { drifted, renewed };
}

/** A run record that names the renewed etags. */
export function withEtags(record: RunRecord, renewed: Drift["renewed"]): RunRecord {
  const etags = { ...record.run.etags, ...Object.fromEntries(renewed) };
  return { ...record, run: { ...record.run, etags } };
}
