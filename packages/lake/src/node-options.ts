/** How Node is started for both functions: what can't be set from inside it. */

/**
 * The value of NODE_OPTIONS. V8 would let the space for new objects grow to three times 32 MiB, and where Lambda's start
 * of Node chooses, to far more in a large function; an object with many refused records makes it use a hundred MiB of
 * that, and is no sooner done. `pnpm bench` measures both functions with it.
 */
export const nodeOptions = "--max-semi-space-size=8";
