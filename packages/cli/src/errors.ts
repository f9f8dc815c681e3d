/** The errors of this command. Each says what is wrong, and what to do. */
import { LakehouseError } from "@lakehouse/transforms/errors";

/** Arguments that make no sense; nothing was done. */
export class UsageError extends LakehouseError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
  readonly kind = "usage";

  /**
   * @param problem What is wrong, as a sentence without its full stop.
   * @param hint What to do, as a sentence.
   */
  constructor(problem: string, hint: string) {
    super(`${problem}. `, hint);
  }
}

/** The lake of a deployed environment that cannot be found; nothing was done. */
export class DeployedLakeError extends LakehouseError {
  override readonly name = "DeployedLakeError";
  readonly code = "DEPLOYED_LAKE";
  readonly kind = "usage";

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
export class QueryError extends LakehouseError {
  override readonly name = "QueryError";
  readonly code = "QUERY";
  readonly kind = "usage";

  /** @param message What DuckDB says, on several lines. */
  constructor(message: string, options?: ErrorOptions) {
    super(`${message.trim()}\n`, 'See lakehouse query "show tables" for what there is.', options);
  }
}

/** Data that cannot be read or sent. */
export class DataError extends LakehouseError {
  override readonly name: string = "DataError";
  readonly code: string = "BAD_DATA";
  readonly kind = "data";
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
export class InterruptedError extends LakehouseError {
  override readonly name = "InterruptedError";
  readonly code = "INTERRUPTED";
  readonly kind = "fault";

  /** @param exitCode 128 + the signal's number, as shells count. */
  constructor(
    readonly exitCode: number,
    problem = "Stopped. The lake is whole. ",
    hint = "Run the same command again to go on.",
  ) {
    super(problem, hint);
  }
}
