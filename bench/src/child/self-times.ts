/** Each function's self time, from a CPU profile. */
import type { Profiler } from "node:inspector";
import { basename } from "node:path";

/** A function and its self time: without the functions that it called. */
export interface FunctionTime {
  /** Its name and file; V8's own entries are `(idle)`, `(program)` (native code) and `(garbage collector)`. */
  readonly name: string;
  readonly milliseconds: number;
}

/** All functions of the main thread, the longest first. */
export function selfTimes({
  nodes,
  samples = [],
  timeDeltas = [],
}: Profiler.Profile): FunctionTime[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? "(unknown)";
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  });
  return [...times]
    .map(([name, milliseconds]) => ({ name, milliseconds }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

function nameOf({ functionName, url }: Profiler.Profile["nodes"][number]["callFrame"]): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} ${basename(url)}`;
}
