/** Decides which days of silver a run lists: all, or the last ones, those with late silver, and a part of the others. */
import { ObjectNotFoundError } from "@lakehouse/lake/errors";
import { dayOfSilver } from "@lakehouse/lake/keys";
import { findLateMarks, firstRecentDay } from "@lakehouse/lake/late-silver";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { ManifestPart } from "../state/manifest-parts.ts";
import type { RunRecord } from "../state/run-record.ts";

/** Days of arrival, from the first to the day before `to`; without `to`, all later ones. The first day may be empty: all before. */
export interface DayRange {
  readonly from: string;
  readonly to?: string | undefined;
}

/** How much of silver a run lists. */
export interface SilverScope {
  /** The days of arrival, in order and apart; undefined for all of silver. */
  readonly days: readonly DayRange[] | undefined;
  /** What the record will say of the last listing of all silver, if this run leaves none of what it lists. */
  readonly listed: RunRecord["run"]["listed"];
  /** Whether days with late silver may be left to later runs. */
  readonly leavesDays: boolean;
}

/** What a run knows before it lists silver. */
export interface ScopeInput {
  readonly tables: readonly Table[];
  /** The parts of all tables' manifests. */
  readonly parts: readonly ManifestPart[];
  readonly listed: RunRecord["run"]["listed"];
  /** When this run started, in ISO 8601. */
  readonly startedAt: string;
  /** The most objects of earlier days that it lists, beside a single part of a manifest. */
  readonly most?: number | undefined;
}

/** Listing this many objects takes some ten seconds. */
const mostEarlierObjects = 200_000;
const dayLength = "yyyy-MM-dd".length;
const millisecondsPerDay = 86_400_000;

/**
 * The first run of a day (UTC) begins to list all of silver. Large silver is divided among runs: each lists some of its days. All list
 * from the day before on, and the days on which bronze→silver has written silver of earlier days since.
 */
export async function silverScopeOf(silver: ObjectStore, input: ScopeInput): Promise<SilverScope> {
  const { tables, parts, listed: before, startedAt, most = mostEarlierObjects } = input;
  // Before silver is listed, so that a mark that is written meanwhile is new for the next run.
  const marks = await findLateMarks(silver);
  const names = tables.map(({ name }) => name).sort();
  const goesOn =
    before !== undefined &&
    (before.next !== undefined ||
      before.at.slice(0, dayLength) === startedAt.slice(0, dayLength)) &&
    before.mark === marks.any &&
    names.every((name) => before.tables.includes(name));
  const at = goesOn ? before.at : startedAt;
  const first = goesOn ? before.next : "";
  const base = {
    at,
    tables: goesOn ? before.tables : names,
    ...(marks.any !== undefined && { mark: marks.any }),
  };
  const objects = parts.reduce((sum, part) => sum + part.objects, 0);
  if (first === "" && objects <= most) {
    return { days: undefined, listed: { ...base, ...withDays(marks.days) }, leavesDays: false };
  }
  const recent = firstRecentDay(at);
  const late = lateDays(marks.days, before?.days ?? {}, parts, recent, most);
  const part =
    first === undefined ? undefined : { from: first, to: endOf(first, parts, most - late.objects) };
  const isOver = part === undefined || part.to === undefined || part.to >= recent;
  const days = [
    ...(part === undefined ? [] : [{ from: part.from, to: isOver ? recent : part.to }]),
    ...late.days.map((day) => ({ from: day, to: dayAfter(day) })),
    { from: recent, to: undefined },
  ];
  const listed = {
    ...base,
    ...withDays(late.known),
    ...(!isOver && part?.to !== undefined && { next: part.to }),
  };
  const isSame = goesOn && first === undefined && late.days.length === 0;
  return {
    days: merged(days),
    listed: isSame ? before : listed,
    leavesDays: late.known.size < marks.days.size,
  };
}

/** The days whose marks are new, as many as this run lists, and the marks that it then knows. */
function lateDays(
  marks: ReadonlyMap<string, string>,
  before: Readonly<Record<string, string>>,
  parts: readonly ManifestPart[],
  recent: string,
  most: number,
) {
  const days: string[] = [];
  const known = new Map<string, string>();
  let objects = 0;
  for (const [day, etag] of [...marks].sort()) {
    // Recent days are listed anyway.
    const isKnown = before[day] === etag || day >= recent;
    const size = isKnown ? 0 : objectsOf(day, parts);
    if (isKnown || days.length === 0 || objects + size <= most) {
      known.set(day, etag);
      if (!isKnown) {
        days.push(day);
        objects += size;
      }
    }
  }
  return { days, known, objects };
}

/** At most how many objects the manifests have of a day. */
function objectsOf(day: string, parts: readonly ManifestPart[]): number {
  const from = parts.reduce(
    (last, part) => (part.from <= day && part.from > last ? part.from : last),
    "",
  );
  return parts.reduce((sum, part) => sum + (part.from === from ? part.objects : 0), 0);
}

/** The first day that is too much for this run; undefined if none is. */
function endOf(first: string, parts: readonly ManifestPart[], most: number): string | undefined {
  let objects = 0;
  for (const [from, starting] of [...Map.groupBy(parts, (part) => part.from)].sort()) {
    if (from < first) {
      continue;
    }
    const size = starting.reduce((sum, part) => sum + part.objects, 0);
    if (objects > 0 && objects + size > most) {
      return from;
    }
    objects += size;
  }
  return undefined;
}

function withDays(days: ReadonlyMap<string, string>) {
  return days.size === 0 ? {} : { days: Object.fromEntries(days) };
}

function dayAfter(day: string): string {
  return new Date(Date.parse(day) + millisecondsPerDay).toISOString().slice(0, dayLength);
}

/** Ranges in order, and apart. */
function merged(ranges: readonly DayRange[]): DayRange[] {
  const all: DayRange[] = [];
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = all.at(-1);
    if (last === undefined || (last.to !== undefined && last.to < range.from)) {
      all.push(range);
    } else if (last.to !== undefined && (range.to === undefined || range.to > last.to)) {
      all.splice(-1, 1, { from: last.from, to: range.to });
    }
  }
  return all;
}

/** Days that are added one by one. Then all of silver is listed. */
const mostAddedDays = 3;

/**
 * Works on the days that a run lists. If a silver object of another day is gone, which somebody has removed by hand, that day is
 * listed, too.
 *
 * @throws ObjectNotFoundError if that does not help.
 */
export async function withMissingDays<T>(
  days: readonly DayRange[] | undefined,
  work: (days: readonly DayRange[] | undefined) => Promise<T>,
  most = mostAddedDays,
): Promise<T> {
  try {
    return await work(days);
  } catch (error) {
    const day = error instanceof ObjectNotFoundError ? dayOfSilver(error.key) : "";
    if (days === undefined || day === "" || isListedDay(days, day)) {
      throw error;
    }
    const more = most === 0 ? undefined : merged([...days, { from: day, to: dayAfter(day) }]);
    return await withMissingDays(more, work, most - 1);
  }
}

/** Whether a run lists a day. */
export function isListedDay(days: readonly DayRange[] | undefined, day: string): boolean {
  return (
    days === undefined || days.some(({ from, to }) => from <= day && (to === undefined || day < to))
  );
}

/** Whether a run lists any of these days. */
export function overlaps(days: readonly DayRange[] | undefined, range: DayRange): boolean {
  return (
    days === undefined ||
    days.some(
      ({ from, to }) =>
        (range.to === undefined || from < range.to) && (to === undefined || range.from < to),
    )
  );
}
