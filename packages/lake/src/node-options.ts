/** The options that both functions start Node with, because they can't be set from inside it. */

/**
 * The value of NODE_OPTIONS. By default, V8's space for new objects grows to three times 32 MiB, and Lambda may raise
 * that in a large function. An object with many refused records would use a hundred MiB of it, and be no faster.
 * `pnpm bench` measures both functions with this value.
 */
export const nodeOptions = "--max-semi-space-size=8";
