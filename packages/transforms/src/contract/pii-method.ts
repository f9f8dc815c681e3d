/** The methods of `pii()`. */

/** What becomes of personal values on the way to silver. */
export const piiMethods = ["hash", "mask", "drop"] as const;
export type PiiMethod = (typeof piiMethods)[number];
