/** Gives back the memory of Polars frames, which V8 does not know of: without this, frames pile up. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/** Frees the frames that nothing refers to any more; they are freed in the turn after a collection. */
export async function releaseFrames(): Promise<void> {
  collect ??= exposedCollector();
  collect();
  await nextTurn();
}

function exposedCollector(): () => void {
  setFlagsFromString("--expose-gc");
  const exposed: unknown = runInNewContext("gc");
  return typeof exposed === "function" ? () => void exposed() : () => {};
}
