/** The errors of this command. Each has a code, says what is wrong, and what to do. */

/** An error that a user can fix. Each class says with which code the command ends. */
export abstract class CommandError extends Error {
  abstract readonly code: string;
  abstract readonly exitCode: number;
  /** What to do. The message ends with it. */
  readonly hint: string | undefined;

  /**
   * @param problem What is wrong, up to where the hint begins.
   * @param hint What to do, as a sentence.
   */
  constructor(problem: string, hint?: string, options?: ErrorOptions) {
    super(`${problem}${hint ?? ""}`, options);
    this.hint = hint;
  }
}

/** Arguments that make no sense; nothing was done. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
  readonly exitCode = 2;

  /**
   * @param problem What is wrong, as a sentence without its full stop.
   * @param hint What to do, as a sentence.
   */
  constructor(problem: string, hint: string) {
    super(`${problem}. `, hint);
  }
}

/** The lake of a deployed environment that cannot be found; nothing was done. */
export class DeployedLakeError extends CommandError {
  override readonly name = "DeployedLakeError";
  readonly code = "DEPLOYED_LAKE";
  readonly exitCode = 2;

  /**
   * @param environment Its name.
   * @param problem What is wrong, without a full stop.
   * @param hint What to do, as a sentence.
   */
  constructor(environment: string, problem: string, hint: string, options?: ErrorOptions) {
    super(`Environment ${environment}: ${problem}. `, hint, options);
  }
}

/** SQL that DuckDB refuses. */
export class QueryError extends CommandError {
  override readonly name = "QueryError";
  readonly code = "QUERY";
  readonly exitCode = 2;

  /** @param message What DuckDB says, on several lines. */
  constructor(message: string, options?: ErrorOptions) {
    super(`${message.trim()}\n`, 'See lakehouse query "show tables" for what there is.', options);
  }
}

/** Data that cannot be read or sent. */
export class DataError extends CommandError {
  override readonly name: string = "DataError";
  readonly code: string = "BAD_DATA";
  readonly exitCode = 1;
}

/** A compressed input that is cut off or corrupt. */
export class DamagedInputError extends DataError {
  override readonly name = "DamagedInputError";
  override readonly code = "DAMAGED_INPUT";

  constructor(options?: ErrorOptions) {
    super("The gzip is cut off or corrupt. ", "Get the file again.", options);
  }
}

/** The user (or the system) told the command to stop. */
export class InterruptedError extends CommandError {
  override readonly name = "InterruptedError";
  readonly code = "INTERRUPTED";

  /** @param exitCode 128 + the signal's number, as shells count. */
  constructor(
    readonly exitCode: number,
    problem = "Stopped. The lake is whole. ",
    hint = "Run the same command again to go on.",
  ) {
    super(problem, hint);
  }
}
