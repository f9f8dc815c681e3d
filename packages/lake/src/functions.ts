/** The Lambda functions, by name: of their packages, images, repositories, alarms and log lines. */

/** Turns each bronze object into silver and quarantine. */
export const bronzeSilver = "bronze-silver";

/** Turns silver into current rows and gold. */
export const silverGold = "silver-gold";

/** All functions, in the order in which data passes through them. */
export const functionNames = [bronzeSilver, silverGold] as const;

/** The name of a function. */
export type FunctionName = (typeof functionNames)[number];

/** Runs one task of a gold run that is spread over many invocations. It has the image of `silver-gold`. */
export const goldTask = "gold-task";

/** A function as it is deployed. Each has an image of its own, except `gold-task`. */
export type DeployedFunctionName = FunctionName | typeof goldTask;

/** The deployed functions that run an image. */
export function functionsOf(image: FunctionName): readonly DeployedFunctionName[] {
  return image === silverGold ? [silverGold, goldTask] : [image];
}
