/** The Lambda functions, by name: of their packages, images, repositories, alarms and log lines. */

/** Turns each bronze object into silver and quarantine. */
export const bronzeSilver = "bronze-silver";

/** Turns silver into current rows and gold. */
export const silverGold = "silver-gold";

/** All functions, in the order in which data passes through them. */
export const functionNames = [bronzeSilver, silverGold] as const;

/** The name of a function. */
export type FunctionName = (typeof functionNames)[number];
