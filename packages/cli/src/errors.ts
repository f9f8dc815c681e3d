/** The errors of this command. Each says what is wrong and how to fix it. */

import { LakehouseError } from "@lakehouse/transforms/errors";
import { tablesPath } from "@lakehouse/transforms/project";

/** Invalid arguments. Nothing was done. */
export class UsageError extends LakehouseError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
  readonly kind = "usage";

  /**
   * @param problem What is wrong: a sentence without its full stop.
   * @param hint How to fix it: a sentence.
   */
  constructor(problem: string, hint: string) {
    super(`${problem}. `, hint);
  }
}

/**
 * The error for a name that packages/tables/src does not define.
 *
 * @param kind What it should name.
 * @param known What there is.
 */
export function unknownName(
  kind: "table" | "model" | "table or model",
  name: string,
  known: readonly { readonly name: string }[],
): UsageError {
  const kinds = kind.replace(/\w+/g, (word) => (word === "or" ? "and" : `${word}s`));
  const names = known.map((each) => each.name).join(", ");
  const hint =
    names === ""
      ? `${tablesPath} has no ${kinds}.`
      : `${kinds[0]?.toUpperCase()}${kinds.slice(1)} are: ${names}.`;
  return new UsageError(`There is no ${kind} ${JSON.stringify(name)}`, hint);
}

/** The lake of a deployed environment can't be found. Nothing was done. */
export class DeployedLakeError extends LakehouseError {
  override readonly name = "DeployedLakeError";
  readonly code = "DEPLOYED_LAKE";
  readonly kind = "usage";

  /**
   * @param environment Its name.
   * @param problem What is wrong: a sentence without its full stop.
   * @param hint How to fix it: a sentence.
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

  /** @param message DuckDB's message, which may have several lines. */
  constructor(message: string, options?: ErrorOptions) {
    super(`${message.trim()}\n`, 'To list all tables: lakehouse query "show tables".', options);
  }
}

/** Data can't be read or sent. */
export class DataError extends LakehouseError {
  override readonly name: string = "DataError";
  readonly code: string = "BAD_DATA";
  readonly kind = "data";
}

/** A compressed input is cut off or corrupt. */
export class DamagedInputError extends DataError {
  override readonly name = "DamagedInputError";
  override readonly code = "DAMAGED_INPUT";

  constructor(options?: ErrorOptions) {
    super("The gzip data is cut off or corrupt. ", "Get the file again.", options);
  }
}

/** The user or the system stopped the command. */
export class InterruptedError extends LakehouseError {
  override readonly name = "InterruptedError";
  readonly code = "INTERRUPTED";
  readonly kind = "fault";

  readonly exitCode: number;

  /** @param exitCode 128 + the signal's number, as shells count. */
  constructor(
    exitCode: number,
    problem = "Stopped. The lake is consistent. ",
    hint = "Run the same command again to continue.",
  ) {
    super(problem, hint);
    this.exitCode = exitCode;
  }
}
