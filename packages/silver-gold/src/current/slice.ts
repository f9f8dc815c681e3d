/**
 * Takes the next slice of a backlog: at most a number of bytes of new silver, of all tables, in the order of arrival.
 * Pure.
 */
import { compareUtf8 } from "@lakehouse/lake/utf8";
import { type Backlog, noBacklog } from "./backlog.ts";
import type { SilverObject } from "./silver-objects.ts";
import type { PlannedTable } from "./update-tables.ts";

/** What one slice reads. */
export interface Slice {
  readonly plans: readonly PlannedTable[];
  /** What is left for later slices. */
  readonly remaining: Backlog;
}

/**
 * Takes a slice.
 *
 * New objects are taken in the order of arrival, up to the first that does not fit. A replaced or removed object changes
 * rows that are already in gold, so all objects of its partitions are taken together, whatever their size.
 *
 * @param limitBytes The most bytes of silver to read. A slice has at least one object, even if that is larger.
 */
export function takeSlice(plans: readonly PlannedTable[], limitBytes: number): Slice {
  const together = plans.flatMap(({ plan }) => [
    ...plan.read.filter((object) => !plan.fresh.has(object)),
    ...plan.reread,
  ]);
  const fresh = plans.flatMap(({ plan }) => [...plan.fresh]).sort(byArrival);
  const taken = new Set<SilverObject>();
  let room = limitBytes - bytesOf(together);
  for (const object of fresh) {
    const isFirst = taken.size === 0 && together.length === 0;
    if (object.size > room && !isFirst) {
      break;
    }
    taken.add(object);
    room -= object.size;
  }
  if (taken.size === fresh.length) {
    return { plans, remaining: noBacklog };
  }
  const left = fresh.slice(taken.size);
  return {
    plans: plans.map((planned) => without(planned, new Set(left))),
    remaining: { objects: left.length, bytes: bytesOf(left) },
  };
}

function without(planned: PlannedTable, left: ReadonlySet<SilverObject>): PlannedTable {
  const read = planned.plan.read.filter((object) => !left.has(object));
  return { ...planned, plan: { ...planned.plan, read, newObjects: read.length } };
}

function bytesOf(objects: readonly SilverObject[]): number {
  return objects.reduce((total, { size }) => total + size, 0);
}

/** By arrival, then by bronze key (UTF-8 bytes), as the rows of one key are ordered. */
function byArrival(a: SilverObject, b: SilverObject): number {
  return compareUtf8(a.arrival, b.arrival) || compareUtf8(a.bronzeKey, b.bronzeKey);
}
