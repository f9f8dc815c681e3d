/**
 * Keeps the slice of a run whose tasks others do. The run is started again after each round of tasks, and silver that arrives
 * meanwhile must not change what it reads, or it would never end.
 */
import * as z from "zod";
import type { RunScope } from "../run-scope.ts";
import type { Memory } from "../tasks/tasks.ts";
import { noBacklog } from "./backlog.ts";
import type { SilverObject, TablePlan } from "./silver-objects.ts";
import type { Slice } from "./slice.ts";

const schema = z.object({
  isHeld: z.boolean(),
  /** The keys and etags of its objects. */
  objects: z.array(z.tuple([z.string(), z.string()])),
});

/**
 * Returns the slice that an earlier attempt at this run took, as long as its objects are what they were, and no other change
 * belongs to it. Otherwise the new one.
 *
 * @param holds Whether the run holds what does not fit in one slice.
 */
export async function pinSlice(
  { tasks }: Pick<RunScope, "tasks">,
  plans: readonly TablePlan[],
  slice: Slice,
  holds: boolean,
): Promise<Slice> {
  const memory: Memory<Slice> = {
    encode: ({ isHeld, objects }) => ({
      isHeld,
      objects: [...objects].map(({ key, etag }) => [key, etag]),
    }),
    decode: (json) => {
      const { data } = schema.safeParse(json);
      return data && sliceOf(plans, new Map(data.objects), data.isHeld);
    },
    filesOf: () => [],
  };
  return tasks === undefined
    ? slice
    : await tasks.remember({ kind: "slice", holds }, memory, async () => slice);
}

/** @returns Undefined if the pinned objects are no longer what the run must read together. */
function sliceOf(
  plans: readonly TablePlan[],
  pinned: ReadonlyMap<string, string>,
  isHeld: boolean,
): Slice | undefined {
  const isPinned = ({ key, etag }: SilverObject) => pinned.get(key) === etag;
  const all = plans.flatMap(({ read, reread }) => [...read, ...reread]);
  const taken = all.filter(isPinned);
  // A rebuild of a whole table may leave out what is new since: the next slice merges it. What changes rows of some partitions
  // must be read together.
  const isTogether = plans.every(
    ({ read, reread, fresh, rebuilt }) =>
      rebuilt === "all" ||
      [...read.filter((object) => !fresh.has(object)), ...reread].every(isPinned),
  );
  if (taken.length !== pinned.size || !(isHeld || isTogether)) {
    return undefined;
  }
  const left = all.filter((object) => !isPinned(object));
  const bytes = left.reduce((sum, { size }) => sum + size, 0);
  const remaining = left.length === 0 ? noBacklog : { objects: left.length, bytes };
  return { objects: new Set(taken), remaining, isHeld: isHeld && left.length > 0 };
}
