/** How much of a function's memory the engine gets. */

/** The rest is for Polars, which holds a few pieces of silver or one partition at a time. Both in MiB. */
export function engineMemoryMib(memoryMib: number): number {
  return Math.max(128, Math.floor(memoryMib / 4));
}

/** The memory that a session of the engine needs at least, in MiB. */
const sessionMib = 64;

/** How many sessions an engine may have at most. */
export function mostSessions(memoryLimitMib: number): number {
  return Math.max(1, Math.floor(memoryLimitMib / sessionMib));
}
