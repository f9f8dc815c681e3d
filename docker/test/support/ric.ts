/** The runtime interface client for a suite, if it can be built. */
import { RicUnavailableError } from "../../testing/errors.ts";
import { builtRic } from "../../testing/ric.ts";
import { notTested } from "./requirement.ts";

/** @returns Its folder; undefined if this machine can't build it. @throws Error if it can't and CI=true. */
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
