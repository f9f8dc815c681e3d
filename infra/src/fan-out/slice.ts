/** How much silver a gold run reads at once, if tasks of it are done side by side. Pure. */
import type { Environment } from "../environment.ts";

/** What a run reads at once by default, in MiB (packages/silver-gold/src/run-gold.ts). */
const usualMib = 256;
/** About how many MiB of silver a task reads. */
const taskMib = 32;
/**
 * A run decides which rows are current from a few columns of each. Of rows of 30 bytes, these take up to three times their silver on
 * disk, once they do not fit in memory.
 */
const diskShare = 1 / 4;

/**
 * As much as keeps all tasks busy at once, as far as what the run must know of it fits on the disk of a function.
 *
 * @returns In MiB; undefined for silver-gold's default.
 */
export function sliceMibOf({
  sliceMib,
  fanOut,
  ephemeralStorageMib,
}: Environment["silverGold"]): number | undefined {
  return sliceMib !== undefined || fanOut === undefined
    ? sliceMib
    : Math.max(
        usualMib,
        Math.min(fanOut.concurrency * taskMib, Math.floor(ephemeralStorageMib * diskShare)),
      );
}
