/** Ends the making of a contract or model at a mistake. */
import { ContractError } from "../errors.ts";
import type { Mistake } from "./options.ts";
import { placeOf, placeOfCall } from "./place.ts";

/**
 * @param made What the user made on the line of the mistake. Without it, the line is that of the call.
 * @throws ContractError if there is a mistake.
 */
export function refuseIf(where: string, mistake: Mistake | undefined, made?: object): void {
  if (mistake !== undefined) {
    const place = (made === undefined ? undefined : placeOf(made)) ?? placeOfCall();
    throw new ContractError(where, mistake.problem, mistake.hint, place);
  }
}
