/** Tells whether another run was faster. */
import { isDeepStrictEqual } from "node:util";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { statePrefix } from "@lakehouse/lake/keys";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { type RunRecord, readRunRecord } from "./run-record.ts";

/** Another run has committed since; what this one made is of no use. Caught by `runGold`. */
export class Superseded extends Error {
  override readonly name = "Superseded";

  /** @param publishing Whether this run had begun to publish, and so may have put old outputs over newer ones. */
  constructor(readonly publishing = false) {
    super("Another run has committed since this one began.");
  }
}

/** Whether the run record is another than the version that was seen. */
export async function isSuperseded(gold: ObjectStore, etag: string | null): Promise<boolean> {
  return ((await readRunRecord(gold))?.etag ?? null) !== etag;
}

/**
 * The etag of the run record if it is this one: a store may have written it, and then have retried because
 * the answer was lost.
 */
export async function etagOfOwn(gold: ObjectStore, record: RunRecord): Promise<string | undefined> {
  const seen = await readRunRecord(gold);
  // Through JSON, as the stored one came: it knows no undefined properties.
  return isDeepStrictEqual(seen?.record, JSON.parse(JSON.stringify(record)))
    ? seen?.etag
    : undefined;
}

/**
 * Does what reads the lake as the run record says it is. When another run commits meanwhile, that may find
 * anything: objects gone, or newer ones; then what it failed with means nothing.
 *
 * @throws Superseded when it failed and the run record is another by now.
 */
export async function unlessSuperseded<T>(
  gold: ObjectStore,
  etag: string | null,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (await isSuperseded(gold, etag)) {
      throw new Superseded();
    }
    if (error instanceof ObjectNotFoundError && error.key.startsWith(statePrefix)) {
      throw new StateError(error.key, "it is missing");
    }
    throw error;
  }
}
