/**
 * Recognizes silver objects that were written again with the same content, as after a duplicate event. Under SSE-KMS
 * their etags differ.
 */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { receiptFromMetadata } from "@lakehouse/lake/receipt";
import { inParallel } from "../in-parallel.ts";
import type { Manifest, ManifestEntry } from "../state/manifest.ts";
import type { SilverObject } from "./silver-objects.ts";

/** A table's silver and its manifest, with the same etags for the same content. */
export interface Recognized {
  readonly objects: readonly SilverObject[];
  readonly manifest: Manifest;
  /** How many objects were written again with the same content. */
  readonly rewritten: number;
}

/**
 * Compares the digests of objects whose etag changed. Only those objects are looked at, and none is read. An object
 * without a digest counts as changed.
 */
export async function recognizeRewritten(
  silver: ObjectStore,
  objects: readonly SilverObject[],
  manifest: Manifest,
  concurrency: number,
): Promise<Recognized> {
  const suspects = objects.filter(({ key, etag }) => {
    const entry = manifest.get(key);
    return entry?.sha256 !== undefined && entry.etag !== etag;
  });
  const found = new Map<string, ManifestEntry>();
  await inParallel(suspects, concurrency, async ({ key }) => {
    const entry = manifest.get(key);
    const head = await silver.head(key);
    const receipt = receiptFromMetadata(head?.metadata ?? {});
    if (head === undefined || entry === undefined || receipt === undefined) {
      return;
    }
    if (receipt.digests?.silver === entry.sha256) {
      found.set(key, { ...entry, etag: head.etag, contract: receipt.contract });
    }
  });
  return {
    objects: objects.map((object) => ({
      ...object,
      etag: found.get(object.key)?.etag ?? object.etag,
    })),
    manifest: new Map([...manifest].map(([key, entry]) => [key, found.get(key) ?? entry])),
    rewritten: found.size,
  };
}
