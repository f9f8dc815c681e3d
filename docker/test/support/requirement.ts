/** A tool that a suite needs. Without it the suite fails if CI=true; otherwise it is skipped, with a message. */

/**
 * Prints what is not tested because this machine lacks something.
 *
 * @param untested What is not tested.
 * @param reason What is missing, and how to get it.
 * @returns undefined, for the suite to skip itself.
 * @throws Error if CI=true.
 */
export function notTested(untested: string, reason: string): undefined {
  if (process.env["CI"] === "true") {
    throw new Error(`${reason} It is required if CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: ${untested}. ${reason}\n\n`);
  return undefined;
}
