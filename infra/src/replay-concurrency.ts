/** How many invocations replays may have at once. The trigger and the checks of settings share it. */
import type { Environment } from "./environment.ts";

/** Lambda's least for a queue. */
const defaultConcurrency = 2;

/** The most concurrent invocations for replays. */
export function replayConcurrency({ bronzeSilver }: Pick<Environment, "bronzeSilver">): number {
  return bronzeSilver.replayConcurrency ?? defaultConcurrency;
}
