/** What happens on a machine that lacks a reader. */
import { ReaderUnavailableError } from "./errors.ts";
import { isContinuousIntegration } from "./runtime.ts";

/**
 * Starts a reader. A machine without it can still pass the tests: this prints what is not tested, and the caller skips
 * those tests. With CI=true, the reader is required.
 *
 * @param untested What is not tested without it.
 * @returns undefined if it is unavailable.
 */
export async function unlessUnavailable<T>(
  untested: string,
  start: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof ReaderUnavailableError) || isContinuousIntegration()) {
      throw error;
    }
    process.stderr.write(`\n*** NOT TESTED: ${untested}. ${error.message}\n\n`);
    return undefined;
  }
}
