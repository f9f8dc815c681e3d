/** The progress of models that are built side by side. Pure. */
import type { RunScope } from "../run-scope.ts";

/** Passes on the progress of one model at a time, the first in build order that is under way, and the end of each. */
export function oneAtATime(
  progress: RunScope["progress"],
  names: readonly string[],
): RunScope["progress"] {
  const underWay = new Set<string>();
  return (stage, name, done, total) => {
    const isDone = done >= total;
    if (isDone) {
      underWay.delete(name);
    } else {
      underWay.add(name);
    }
    if (isDone || names.find((each) => underWay.has(each)) === name) {
      progress(stage, name, done, total);
    }
  };
}
