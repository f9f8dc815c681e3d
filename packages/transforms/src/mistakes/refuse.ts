/** Rejects a contract or model because of a mistake. */
import { ContractError } from "../errors.ts";
import type { Mistake } from "./options.ts";
import { placeOf, placeOfCall } from "./place.ts";

/**
 * @param made The object that the user created on the line of the mistake. Without it, the call's line is used.
 * @throws ContractError if there is a mistake.
 */
export function refuseIf(where: string, mistake: Mistake | undefined, made?: object): void {
  if (mistake !== undefined) {
    const place = (made === undefined ? undefined : placeOf(made)) ?? placeOfCall();
    throw new ContractError(where, mistake.problem, mistake.hint, place);
  }
}
