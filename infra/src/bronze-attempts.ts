/** How often a bronze object is tried, and how far apart: the queue and its alarm go by the same numbers. */
import type { Environment } from "./environment.ts";

/** How often a message is tried before it goes to the dead-letter queue. */
export const maximumReceives = 5;

/** Seconds from one attempt to the next: so long a message stays hidden once it was taken. */
export function secondsBetweenAttempts({
  bronzeSilver: { timeoutSeconds, batchWindowSeconds },
}: Pick<Environment, "bronzeSilver">): number {
  // AWS: six times the function's timeout, so that no message comes back while it is being worked on.
  return 6 * timeoutSeconds + batchWindowSeconds;
}
