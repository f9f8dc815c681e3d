/** Refused records for the page: counts by reason and day, and the records themselves. */
import { dayOfSilver, quarantinePrefix, quarantineRoot } from "@lakehouse/lake/keys";
import type { ObjectStore, ObjectSummary, PassOver } from "@lakehouse/lake/object-store";
import type {
  DayData,
  QuarantinePage,
  QuarantineRequest,
  ReasonData,
  RefusalsData,
  RefusedRecord,
} from "@lakehouse/page/data";
import type { QuarantineEntry } from "@lakehouse/transforms/quarantine";
import { inParallel } from "../in-parallel.ts";
import { readQuarantine } from "../inspect/quarantine.ts";
import { ReasonCounts } from "../inspect/reason-counts.ts";

const objectsAtOnce = 8;

/** What is counted of a quarantine object. It stays true while the object has this etag. */
interface ObjectCounts {
  readonly etag: string;
  readonly records: number;
  readonly entries: number;
  readonly reasons: readonly {
    readonly column: string | null;
    readonly rule: string;
    readonly records: number;
    readonly entries: number;
  }[];
}

/** How much of a record's bytes is returned. */
export interface RefusalOptions {
  readonly rawLength: number;
}

/** Reads quarantine. It remembers the counts of each object, so that only new objects are read again. */
export class Refusals {
  readonly #silver: ObjectStore;
  readonly #passOver: PassOver;
  readonly #counts = new Map<string, ObjectCounts>();

  constructor(silver: ObjectStore, passOver: PassOver) {
    this.#silver = silver;
    this.#passOver = passOver;
  }

  /** Counts all refused records of tables. @param signal Stops it. */
  async count(tables: readonly string[], signal?: AbortSignal): Promise<RefusalsData> {
    const reasons: ReasonData[] = [];
    const found: RefusalsData["tables"][number][] = [];
    for (const table of tables) {
      const objects = await this.#list(table);
      const counted = await inParallel(objects, objectsAtOnce, async (object) => {
        signal?.throwIfAborted();
        return { day: dayOf(object.key), counts: await this.#countObject(object) };
      });
      if (counted.length > 0) {
        const days = daysOf(counted.map(({ day, counts }) => ({ day, records: counts.records })));
        found.push({ table, records: sumOf(days), days });
      }
      reasons.push(...reasonsOf(table, counted));
    }
    return {
      records: sumOf(found),
      tables: found,
      reasons: reasons.sort((a, b) => b.records - a.records),
    };
  }

  /** Returns a part of the refused records, newest object first. Reads only the objects that it is in. */
  async page(
    request: QuarantineRequest,
    { rawLength }: RefusalOptions,
    signal?: AbortSignal,
  ): Promise<QuarantinePage> {
    const { table, day, offset, limit } = request;
    const objects = (await this.#list(table))
      .filter(({ key }) => day === undefined || dayOf(key) === day)
      .reverse();
    const counts = await inParallel(objects, objectsAtOnce, async (object) => {
      signal?.throwIfAborted();
      return { object, entries: await this.#countEntries(object, request) };
    });
    const records: RefusedRecord[] = [];
    let skipped = 0;
    for (const { object, entries } of counts) {
      if (skipped + entries > offset && records.length < limit) {
        let at = skipped;
        for await (const entry of readQuarantine(this.#silver, object.key)) {
          signal?.throwIfAborted();
          if (matches(entry, request)) {
            if (at >= offset) {
              records.push(recordOf(table, object.key, entry, rawLength));
            }
            at += 1;
            if (records.length >= limit) {
              break;
            }
          }
        }
      }
      skipped += entries;
    }
    return { total: skipped, records };
  }

  /** Returns the newest records of each reason of a table, each record once. @param most The number for each reason. */
  async samples(
    table: string,
    most: number,
    { rawLength }: RefusalOptions,
    signal?: AbortSignal,
  ): Promise<readonly RefusedRecord[]> {
    const found = new Map<string, number>();
    const isWanted = (reason: Parameters<typeof nameOf>[0]): boolean =>
      (found.get(nameOf(reason)) ?? 0) < most;
    const records: RefusedRecord[] = [];
    for (const object of (await this.#list(table)).reverse()) {
      signal?.throwIfAborted();
      const counts = await this.#countObject(object);
      if (counts.reasons.some(isWanted)) {
        for await (const entry of readQuarantine(this.#silver, object.key)) {
          if (entry.reasons.some(isWanted)) {
            records.push(recordOf(table, object.key, entry, rawLength));
            for (const name of new Set(entry.reasons.map(nameOf))) {
              found.set(name, (found.get(name) ?? 0) + 1);
            }
          }
        }
      }
    }
    return records;
  }

  /** How many entries of an object a request asks for. */
  async #countEntries(object: ObjectSummary, request: QuarantineRequest): Promise<number> {
    const { column, rule } = request;
    const counts = await this.#countObject(object);
    if (column === undefined && rule === undefined) {
      return counts.entries;
    }
    const asked = counts.reasons.filter((each) => isAsked(each, request));
    if (asked.length < 2) {
      return asked[0]?.entries ?? 0;
    }
    // An entry may have several of these reasons, so they can't be added up.
    const entries = await Array.fromAsync(readQuarantine(this.#silver, object.key), (entry) =>
      Number(matches(entry, request)),
    );
    return entries.reduce((sum, each) => sum + each, 0);
  }

  async #list(table: string): Promise<ObjectSummary[]> {
    return await Array.fromAsync(this.#silver.list(quarantinePrefix(table), this.#passOver));
  }

  async #countObject({ key, etag }: ObjectSummary): Promise<ObjectCounts> {
    const known = this.#counts.get(key);
    if (known?.etag === etag) {
      return known;
    }
    const byRecord = new ReasonCounts<never>(0);
    const byEntry = new ReasonCounts<never>(0);
    let [records, entries] = [0, 0];
    for await (const entry of readQuarantine(this.#silver, key)) {
      records += entry.records ?? 1;
      entries += 1;
      byRecord.add("", entry.reasons, entry.records ?? 1, noSample);
      byEntry.add("", entry.reasons, 1, noSample);
    }
    const entriesByReason = new Map(byEntry.sorted().map((each) => [nameOf(each), each.count]));
    const reasons = byRecord.sorted().map(({ column, rule, count }) => ({
      column,
      rule,
      records: count,
      entries: entriesByReason.get(nameOf({ column, rule })) ?? 0,
    }));
    const counts = { etag, records, entries, reasons };
    this.#counts.set(key, counts);
    return counts;
  }
}

function noSample(): never {
  throw new TypeError("No samples are kept.");
}

function nameOf({ column, rule }: { readonly column: string | null; readonly rule: string }) {
  return JSON.stringify([column, rule]);
}

/** The day of arrival of a quarantine object. */
function dayOf(key: string): string {
  return dayOfSilver(key.slice(quarantineRoot.length));
}

function reasonsOf(
  table: string,
  counted: readonly { readonly day: string; readonly counts: ObjectCounts }[],
): ReasonData[] {
  const found = new Map<string, (DayData & { column: string | null; rule: string })[]>();
  for (const { day, counts } of counted) {
    for (const { column, rule, records } of counts.reasons) {
      const name = nameOf({ column, rule });
      found.set(name, [...(found.get(name) ?? []), { column, rule, day, records }]);
    }
  }
  return [...found.values()].flatMap((each) => {
    const [first] = each;
    const days = daysOf(each);
    const records = sumOf(days);
    return first === undefined
      ? []
      : [{ table, column: first.column, rule: first.rule, records, days }];
  });
}

function daysOf(parts: readonly DayData[]): DayData[] {
  const days = new Map<string, number>();
  for (const { day, records } of parts) {
    days.set(day, (days.get(day) ?? 0) + records);
  }
  return [...days]
    .map(([day, records]) => ({ day, records }))
    .sort((a, b) => (a.day < b.day ? -1 : 1));
}

function sumOf(parts: readonly { readonly records: number }[]): number {
  return parts.reduce((sum, { records }) => sum + records, 0);
}

function isAsked(
  reason: { readonly column: string | null; readonly rule: string },
  { column, rule }: QuarantineRequest,
): boolean {
  return (
    (column === undefined || reason.column === column) &&
    (rule === undefined || reason.rule === rule)
  );
}

function matches(entry: QuarantineEntry, request: QuarantineRequest): boolean {
  const { column, rule } = request;
  return (
    (column === undefined && rule === undefined) ||
    entry.reasons.some((reason) => isAsked(reason, request))
  );
}

function recordOf(
  table: string,
  key: string,
  entry: QuarantineEntry,
  rawLength: number,
): RefusedRecord {
  const { kind, bronze_key, line, byte_offset, record_number, records, reasons } = entry;
  const isText = entry.raw !== undefined;
  const raw = entry.raw ?? entry.raw_base64 ?? "";
  return {
    table,
    kind,
    day: dayOf(key),
    object: bronze_key,
    line,
    byteOffset: byte_offset,
    recordNumber: record_number ?? null,
    records: records ?? 1,
    reasons: reasons.map(({ column, rule, message }) => ({ column, rule, message })),
    raw: raw.length > rawLength ? beginning(raw, rawLength, isText) : raw,
    encoding: isText ? "utf-8" : "base64",
    rawLength: raw.length > rawLength ? raw.length : null,
  };
}

/** Cuts no character in two, and no group of base64. */
function beginning(raw: string, length: number, isText: boolean): string {
  const cut = raw.slice(0, isText ? length : length - (length % 4));
  return cut.isWellFormed() || !raw.isWellFormed() ? cut : cut.slice(0, -1);
}
