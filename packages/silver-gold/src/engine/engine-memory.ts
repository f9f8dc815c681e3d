/** How much of a function's memory the engine gets. */

/** The rest is for Polars, which holds a few pieces of silver or one partition at a time. Both in MiB. */
export function engineMemoryMib(memoryMib: number): number {
  return Math.max(128, Math.floor(memoryMib / 4));
}
