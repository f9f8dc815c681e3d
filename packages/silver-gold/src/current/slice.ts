/**
 * Takes the next slice of a backlog: at most a number of bytes of silver, of all tables, in the order of arrival. Pure.
 */
import { compareUtf8 } from "@lakehouse/lake/utf8";
import { type Backlog, noBacklog } from "./backlog.ts";
import type { Held } from "./held.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";

/** What a slice is taken from. */
interface Planned {
  readonly plan: TablePlan;
  readonly held: Held | undefined;
}

/** What one slice reads. */
export interface Slice {
  readonly objects: ReadonlySet<SilverObject>;
  /** What is left for later slices. */
  readonly remaining: Backlog;
  /** Whether what the slice reads is held until the rest has been read. */
  readonly isHeld: boolean;
}

/**
 * Takes a slice.
 *
 * New objects are taken in the order of arrival, up to the first that does not fit. They are published. A replaced or
 * removed object changes rows that are already in gold, so all objects of its partitions go together. If they are larger
 * than a slice, everything is held until all of it has been read.
 *
 * @param limitBytes The most bytes of silver to read. A slice has at least one object, even if that is larger.
 * @param holds Whether to hold what does not fit in one slice.
 */
export function takeSlice(plans: readonly Planned[], limitBytes: number, holds: boolean): Slice {
  const all = plans.flatMap((planned) => unread(planned));
  const together = plans.flatMap(({ plan }) => [
    ...plan.read.filter((object) => !plan.fresh.has(object)),
    ...plan.reread,
  ]);
  const isHolding =
    holds ||
    plans.some(({ held }) => held !== undefined) ||
    (together.length > 1 && bytesOf(together) > limitBytes);
  const first = isHolding ? [] : together;
  const taken = new Set(first);
  const queue = all.filter((object) => !taken.has(object)).sort(byArrival);
  let room = limitBytes - bytesOf(first);
  for (const object of queue) {
    if (object.size > room && taken.size > 0) {
      break;
    }
    taken.add(object);
    room -= object.size;
  }
  const left = all.filter((object) => !taken.has(object));
  const remaining = left.length === 0 ? noBacklog : { objects: left.length, bytes: bytesOf(left) };
  return { objects: taken, remaining, isHeld: isHolding && left.length > 0 };
}

/** The objects that a plan reads and that are not held yet. */
function unread({ plan, held }: Planned): SilverObject[] {
  return [...plan.read, ...plan.reread].filter(({ key }) => held?.entries.has(key) !== true);
}

function bytesOf(objects: readonly SilverObject[]): number {
  return objects.reduce((total, { size }) => total + size, 0);
}

/** By arrival, then by bronze key (UTF-8 bytes), as the rows of one key are ordered. */
function byArrival(a: SilverObject, b: SilverObject): number {
  return compareUtf8(a.arrival, b.arrival) || compareUtf8(a.bronzeKey, b.bronzeKey);
}
