/** How Node is started for this function: what can't be set from inside it. */

/**
 * The value of NODE_OPTIONS. V8 would let the space for new objects grow to three times 32 MiB, of which an object
 * with many refused records makes it use a hundred MiB more, and is no sooner done. `pnpm bench silver` measures with it.
 */
export const nodeOptions = "--max-semi-space-size=8";
