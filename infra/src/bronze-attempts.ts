/** How often a bronze object is tried, and how far apart. The queue and its alarm share these numbers. */
import type { Environment } from "./environment.ts";

/** How often a message is tried before it goes to the dead-letter queue. */
export const maximumReceives = 5;

/** Seconds from one attempt to the next: a received message stays hidden for this long. */
export function secondsBetweenAttempts({
  bronzeSilver: { timeoutSeconds, batchWindowSeconds },
}: Pick<Environment, "bronzeSilver">): number {
  // As AWS recommends, so no message comes back while it is being processed.
  return 6 * timeoutSeconds + batchWindowSeconds;
}
