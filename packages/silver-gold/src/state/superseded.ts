/** Detects that another run has committed first. */
import { isDeepStrictEqual } from "node:util";
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { StateError } from "../errors.ts";
import { type RunRecord, readRunRecord } from "./run-record.ts";
import { isState } from "./state-keys.ts";

/** Another run has committed since this one began, so its work is discarded. `runGold` catches it. */
export class Superseded extends Error {
  override readonly name = "Superseded";
  /** Whether this run had begun to publish, and may have overwritten newer outputs. */
  readonly publishing: boolean;

  constructor(publishing = false) {
    super("Another run has committed since this one began.");
    this.publishing = publishing;
  }
}

/** Whether the run record has changed since this version. */
async function isSuperseded(gold: ObjectStore, etag: string | null): Promise<boolean> {
  return ((await readRunRecord(gold))?.etag ?? null) !== etag;
}

/** @throws Superseded if the run record has changed since this version. */
export async function refuseSuperseded(gold: ObjectStore, etag: string | null): Promise<void> {
  if (await isSuperseded(gold, etag)) {
    throw new Superseded();
  }
}

/**
 * The etag of the run record if its content is this record. A store that loses the response to a write retries it,
 * and the retry then fails.
 */
export async function etagOfOwn(gold: ObjectStore, record: RunRecord): Promise<string | undefined> {
  const seen = await readRunRecord(gold);
  // Through JSON, like the stored one: that drops undefined properties.
  return isDeepStrictEqual(seen?.record, JSON.parse(JSON.stringify(record)))
    ? seen?.etag
    : undefined;
}

/**
 * Runs an action that relies on the run record. If another run commits meanwhile, objects may be gone or newer, and the
 * action's own error means nothing.
 *
 * @throws Superseded if the action failed and the run record has changed.
 */
export async function unlessSuperseded<T>(
  gold: ObjectStore,
  etag: string | null,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await refuseSuperseded(gold, etag);
    if (error instanceof ObjectNotFoundError && isState(error.key)) {
      throw new StateError(error.key, "it is missing");
    }
    throw error;
  }
}
