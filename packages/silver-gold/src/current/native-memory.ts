/** Frees the memory of Polars frames. V8 doesn't see that memory, so frames would pile up. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { exposeCollector } from "../runtime.ts";

/** The most bytes of files read into unused frames. The frames take several times that. */
const maximumBytes = 8 * 1024 * 1024;
/** Small frames take memory too. */
const maximumFrames = 64;

/** Counts unused frames, and frees them if there are too many. */
export class FrameAccount {
  #bytes = 0;
  #frames = 0;

  /** @param bytes The size of the file that the frame was read from. */
  async release(bytes: number): Promise<void> {
    this.#bytes += bytes;
    this.#frames += 1;
    if (this.#bytes >= maximumBytes || this.#frames >= maximumFrames) {
      this.#bytes = 0;
      this.#frames = 0;
      await releaseFrames();
    }
  }
}

let collect: (() => void) | undefined;

/** Frees all unreferenced frames. V8 does that in the turn of the event loop after a garbage collection. */
export async function releaseFrames(): Promise<void> {
  collect ??= exposeCollector();
  collect();
  await nextTurn();
}
