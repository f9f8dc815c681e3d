/**
 * How gold finds all of silver although most of its runs list only the last days. bronze→silver writes a mark when silver of
 * an earlier day changes, and a run that sees a new mark lists the silver of that day, too.
 */
import { randomUUID } from "node:crypto";
import { parseBronzeKey } from "./keys.ts";
import type { ObjectStore } from "./object-store.ts";

/** The folder of the marks, in the silver store: one for each day of arrival, `_late/2024-01-31`. */
export const latePrefix = "_late/";
/** The only mark of earlier versions, whatever the day. */
const anyDay = "mark";

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

/** Writes the mark of a bronze object's day, after its silver was written. Each has another etag, by which a run recognizes it. */
export async function markLate(silver: ObjectStore, bronzeKey: string): Promise<void> {
  const { ingestDate } = parseBronzeKey(bronzeKey);
  await silver.put(`${latePrefix}${ingestDate}`, Buffer.from(`${randomUUID()}\n`));
}

/** The marks of late silver. */
export interface LateMarks {
  /** The etags of the marks, by day of arrival. */
  readonly days: ReadonlyMap<string, string>;
  /** The etag of the mark that an earlier version wrote, if it did. */
  readonly any: string | undefined;
}

/** Finds the marks. */
export async function findLateMarks(silver: ObjectStore): Promise<LateMarks> {
  const days = new Map<string, string>();
  for await (const { key, etag } of silver.list(latePrefix, () => {})) {
    days.set(key.slice(latePrefix.length), etag);
  }
  const any = days.get(anyDay);
  days.delete(anyDay);
  return { days, any };
}

function dayOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 10);
}
