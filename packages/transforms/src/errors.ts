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

/** What was thrown, as an error: JavaScript can throw any value. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** A contract or model that can't be used. It is found at start-up, before any data is read. */
export class ContractError extends LakehouseError {
  override readonly name = "ContractError";
  readonly code = "INVALID_CONTRACT";
  readonly kind = "usage";
  readonly where: string;
  /** The file and line, if known. */
  readonly place: string | undefined;
  readonly #problem: string;

  /**
   * @param where The table or model, and its column if known: `orders.amount`.
   * @param problem What is wrong with it.
   * @param hint What to write instead.
   * @param place The file and line, if known.
   */
  constructor(
    where: string,
    problem: string,
    hint: string,
    place?: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${problem}${place === undefined ? "" : ` (${place})`}. `, hint, options);
    this.where = where;
    this.place = place;
    this.#problem = problem;
  }

  /** Adds a place, unless the error has one. */
  at(place: string | undefined): ContractError {
    return this.place === undefined && place !== undefined
      ? new ContractError(this.where, this.#problem, this.hint ?? "", place)
      : this;
  }

  /** The same error of something inside the table: of a column, or of something else. */
  within(table: string, isColumn: boolean): ContractError {
    const where = isColumn ? `${table}.${this.where}` : `${table}, ${this.where}`;
    return new ContractError(where, this.#problem, this.hint ?? "", this.place);
  }
}
