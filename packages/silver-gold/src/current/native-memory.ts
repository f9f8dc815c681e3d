/** Frees the memory of Polars frames. V8 doesn't see that memory, so frames would pile up. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { exposeCollector } from "../runtime.ts";

/** The most bytes of files read into unused frames. The frames take several times that. */
const maximumBytes = 8 * 1024 * 1024;
/** Small frames take memory too. */
const maximumFrames = 64;
/** Unused frames of fewer bytes are not worth a garbage collection, which takes up to 50 ms. */
const smallBytes = 512 * 1024;

let unusedBytes = 0;
let unusedFrames = 0;
let collect: (() => void) | undefined;

/**
 * Counts frames that are no longer used, and frees them once there are too many.
 *
 * @param bytes The size of the files that they were read from.
 */
export async function releaseFrames(bytes: number, frames: number): Promise<void> {
  unusedBytes += bytes;
  unusedFrames += frames;
  if (unusedBytes >= maximumBytes || unusedFrames >= maximumFrames) {
    await freeFrames();
  }
}

/** Frees the frames that are no longer used, before others need the memory. */
export async function releaseAllFrames(): Promise<void> {
  if (unusedBytes >= smallBytes) {
    await freeFrames();
  }
}

/** V8 frees them in the turn of the event loop after a garbage collection. */
async function freeFrames(): Promise<void> {
  unusedBytes = 0;
  unusedFrames = 0;
  collect ??= exposeCollector();
  collect();
  await nextTurn();
}
