/** The runtime interface client for a suite, where it can be built. */
import { RicUnavailableError } from "../../src/errors.ts";
import { builtRic } from "../../src/ric.ts";
import { notTested } from "./requirement.ts";

/** @returns Its folder; undefined where this machine can't build it. @throws Where CI=true and it can't. */
export async function ricOrNotTested(untested: string): Promise<string | undefined> {
  try {
    return await builtRic();
  } catch (error) {
    if (!(error instanceof RicUnavailableError)) {
      throw error;
    }
    return notTested(untested, error.message);
  }
}
