/** The errors of this package: each has a code, says what happened, and what to do. */

/** A contract or model that can't be used; found at start-up, before any data is touched. */
export class ContractError extends Error {
  override readonly name = "ContractError";
  readonly code = "INVALID_CONTRACT";

  /**
   * @param where The table or model and, where known, its column: `orders.amount`.
   * @param problem What is wrong with it.
   * @param mend What to write instead.
   */
  constructor(
    readonly where: string,
    problem: string,
    readonly mend: string,
  ) {
    super(`${where}: ${problem}. ${mend}`);
  }
}
