/** What a suite needs of its machine: where it lacks, the suite is skipped aloud; where CI=true, it fails. */

/**
 * Says what is not tested, for want of something on this machine.
 *
 * @param untested What is not tested now.
 * @param reason What is missing, and how to get it.
 * @returns undefined, for the suite to skip itself.
 * @throws Error where CI=true: there it must be.
 */
export function notTested(untested: string, reason: string): undefined {
  if (process.env["CI"] === "true") {
    throw new Error(`${reason} It is required where CI=true.`);
  }
  process.stderr.write(`\n*** NOT TESTED: ${untested}. ${reason}\n\n`);
  return undefined;
}
