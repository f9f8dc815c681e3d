/**
 * How gold finds all of silver although most of its runs list only the last days. bronze→silver writes a mark when silver of
 * an earlier day changes, and a run that sees a new mark lists all of silver.
 */
import { randomUUID } from "node:crypto";
import { parseBronzeKey } from "./keys.ts";
import type { ObjectStore } from "./object-store.ts";

/** The folder of the mark, in the silver store. */
export const latePrefix = "_late/";
/** The key of the mark. */
export const lateKey = `${latePrefix}mark`;

const hour = 60 * 60 * 1000;
/** Silver that is written up to this time after its day of arrival is found without a mark. */
const recent = 12 * hour;
/** The clocks of two functions differ by less. */
const clockDifference = hour;

/** Whether the silver of a bronze object, written by now, needs a mark. @param now In milliseconds. */
export function isLate(bronzeKey: string, now: number): boolean {
  return parseBronzeKey(bronzeKey).ingestDate < dayOf(now - recent);
}

/**
 * The first day whose silver may have been written, without a mark, since a run listed all of it.
 *
 * @param listedAt When that run started, in ISO 8601.
 */
export function firstRecentDay(listedAt: string): string {
  return dayOf(Date.parse(listedAt) - recent - clockDifference);
}

/** Writes the mark, after silver was written. Each has another etag, by which a run recognizes it. */
export async function markLate(silver: ObjectStore): Promise<void> {
  await silver.put(lateKey, Buffer.from(`${randomUUID()}\n`));
}

/** The etag of the mark; undefined if there is none. */
export async function findLateMark(silver: ObjectStore): Promise<string | undefined> {
  for await (const { key, etag } of silver.list(lateKey, () => {})) {
    if (key === lateKey) {
      return etag;
    }
  }
  return undefined;
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
