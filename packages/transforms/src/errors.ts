/** The base of all errors of this project, and the errors of this package. */

/**
 * Who can fix an error:
 *
 * - `usage`: whoever wrote the contract, the model, the setting or the command line.
 * - `data`: whoever owns the data.
 * - `fault`: whoever runs the machine, or maintains this project.
 */
export type ErrorKind = "usage" | "data" | "fault";

/** The exit code of a command that ends with an error, by its kind. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = { data: 1, usage: 2, fault: 3 };

/** An error that says what happened, to which object, and what to do next. */
export abstract class LakehouseError extends Error {
  /** Stable across versions, for programs: `OBJECT_NOT_FOUND`. */
  abstract readonly code: string;
  abstract readonly kind: ErrorKind;
  /** What to do next. The message ends with it. */
  readonly hint: string | undefined;

  /**
   * @param problem What happened: a sentence, and a space if a hint follows.
   * @param hint What to do next, as a sentence.
   */
  constructor(problem: string, hint?: string, options?: ErrorOptions) {
    super(`${problem}${hint ?? ""}`, options);
    this.hint = hint;
  }

  /** More detail for a person at a terminal. It may show record contents, so it must stay out of logs. */
  get detail(): string | undefined {
    return undefined;
  }
}

/** A contract or model that can't be used. It is found at start-up, before any data is read. */
export class ContractError extends LakehouseError {
  override readonly name = "ContractError";
  readonly code = "INVALID_CONTRACT";
  readonly kind = "usage";
  readonly where: string;

  /**
   * @param where The table or model and, where known, its column: `orders.amount`.
   * @param problem What is wrong with it.
   * @param hint What to write instead.
   */
  constructor(where: string, problem: string, hint: string) {
    super(`${where}: ${problem}. `, hint);
    this.where = where;
  }
}
