/**
 * The errors of this package. Each says what happened to which object, and how to fix it. Messages never contain
 * records, so they can be logged. `detail` may contain some.
 */
import { asError, LakehouseError } from "@lakehouse/transforms/errors";
import type { EngineError, UnstorableValueError } from "./engine/engine.ts";

/** The base of this package's errors, with an engine's message as detail. */
abstract class GoldError extends LakehouseError {
  readonly #detail: string | undefined;

  /** @param detail An engine's message. */
  constructor(problem: string, hint: string, detail?: string) {
    super(problem, hint);
    this.#detail = detail?.trimEnd();
  }

  override get detail(): string | undefined {
    return this.#detail;
  }
}

/** A quarantine object has a line that bronze→silver did not write. */
export class DamagedQuarantineError extends GoldError {
  override readonly name = "DamagedQuarantineError";
  readonly code = "BAD_DATA";
  readonly kind = "data";

  /** @param bronzeKey The bronze object that it was made from. */
  constructor(key: string, bronzeKey: string, cause: unknown) {
    super(
      `${key} has a line that is not a quarantine entry. `,
      `Process its bronze object again: lakehouse silver --object ${JSON.stringify(bronzeKey)}.`,
    );
    this.cause = cause;
  }
}

/** A column that a table or model does not have. */
export class UnknownColumnError extends GoldError {
  override readonly name = "UnknownColumnError";
  readonly code = "USAGE";
  readonly kind = "usage";

  /** @param columns What it has. */
  constructor(relation: string, column: string, columns: readonly string[]) {
    super(
      `${relation} has no column ${JSON.stringify(column)}. `,
      `Its columns are: ${columns.join(", ")}.`,
    );
  }
}

/** The SQL of a model or check is invalid. This is found before any data is read. */
export class ModelError extends GoldError {
  override readonly name = "ModelError";
  readonly code = "INVALID_MODEL";
  readonly kind = "usage";

  readonly model: string;
  /** The table or model that it reads although there is none. */
  readonly missing: string | undefined;

  /**
   * @param model The model's name.
   * @param problem What is wrong with it.
   * @param hint What to write instead.
   * @param place The file and line, where known.
   * @param missing The table or model that it reads although there is none.
   */
  constructor(model: string, problem: string, hint: string, place?: string, missing?: string) {
    super(`Model ${model}: ${problem}${shownPlace(place)}. `, hint);
    this.model = model;
    this.missing = missing;
  }
}

/** A model's query or a check failed on the data. Nothing was published. */
export class ModelFailedError extends GoldError {
  override readonly name = "ModelFailedError";
  readonly code = "MODEL_FAILED";
  readonly kind = "data";

  readonly model: string;

  /**
   * @param what The query: `partition 2024-01`, or a check's name.
   * @param cause The engine's error.
   * @param place The `.sql` file and line, where known.
   * @param parent The table whose child the model makes.
   */
  constructor(model: string, what: string, cause: EngineError, place?: string, parent?: string) {
    super(
      `Model ${model}: ${cause.engine} could not run its query for ${what}${shownPlace(place)}. Gold is unchanged. `,
      parent !== undefined
        ? `It is a child of ${parent}. If its contract has changed, run lakehouse replay ${parent} --outdated, then lakehouse gold.`
        : "Try the query with `lakehouse query`, fix it (try_cast, or a larger memory limit), then run again.",
      // The statement that the engine quotes is generated, unless it is the file's.
      cause.summary,
    );
    this.model = model;
  }
}

function shownPlace(place: string | undefined): string {
  return place === undefined ? "" : ` (${place})`;
}

/** A model's query returned a value that its file can't hold. Nothing was published. */
export class ModelValueError extends GoldError {
  override readonly name = "ModelValueError";
  readonly code = "MODEL_VALUE";
  readonly kind = "data";

  readonly model: string;

  /**
   * @param what The query: `partition 2024-01`, or `all rows`.
   * @param cause The value that the engine found.
   */
  constructor(
    model: string,
    what: string,
    { column, possible, rows, sample }: UnstorableValueError,
  ) {
    super(
      `Model ${model}: its query for ${what} returns values that its file can't hold` +
        `${column === undefined ? "" : ` in column ${column}`}, in ${rows} ${rows === 1 ? "row" : "rows"}. ` +
        `A file holds only ${possible}. Gold is unchanged. `,
      "Return null or a value that fits, such as 9999-12-31 for an open end, then run again.",
      `for example:\n  ${JSON.stringify(sample)}`,
    );
    this.model = model;
  }
}

/** One failed check. */
export interface CheckFailure {
  /** The model, or the table if it is a check of a table. */
  readonly model: string;
  /** The check in words: `unique(customer_id)`. */
  readonly check: string;
  /** The number of rows that break it. */
  readonly failing: number;
  /** At most five of them. They contain records, so never log them. */
  readonly sample: readonly Readonly<Record<string, unknown>>[];
  /** Only of a check on the number of rows, whose `failing` is the number of rows that are missing. */
  readonly rows?: {
    readonly published: number;
    readonly now: number;
    /** Whether too many rows would go, which a person can accept once. */
    readonly isDecrease: boolean;
  };
}

/** Checks failed. Nothing was published. */
export class CheckFailedError extends GoldError {
  override readonly name = "CheckFailedError";
  readonly code = "CHECK_FAILED";
  readonly kind = "data";
  readonly model: string;
  readonly check: string;
  readonly failing: number;
  readonly #failures: readonly CheckFailure[];

  /** @param failures All failures. The properties describe the first one. */
  constructor(failures: readonly [CheckFailure, ...CheckFailure[]]) {
    const each = failures.map(
      ({ model, check, failing, rows }) =>
        `${model}: ${check} (${rows === undefined ? `${failing} rows` : `${rows.published} rows published, ${rows.now} now`})`,
    );
    super(
      `These checks failed: ${each.join("; ")}. Gold is unchanged. `,
      ["Fix the data or the check, then run again.", ...acceptHint(failures)].join(" "),
      failures.flatMap(samplesOf).join("\n") || undefined,
    );
    [{ model: this.model, check: this.check, failing: this.failing }] = failures;
    this.#failures = failures;
  }

  /** All checks that failed. Contains records. */
  get failures(): readonly CheckFailure[] {
    return this.#failures;
  }

  /** At most five rows that break the first check. Contains records. */
  get sample(): CheckFailure["sample"] {
    return this.#failures[0]?.sample ?? [];
  }
}

/** How to accept that rows are gone, if that is what failed. */
function acceptHint(failures: readonly CheckFailure[]): string[] {
  const names = new Set(failures.flatMap(({ model, rows }) => (rows?.isDecrease ? [model] : [])));
  return names.size === 0
    ? []
    : [
        `If it is right that these rows are gone, accept it once: lakehouse gold --accept-decrease ${[...names].join(" ")}.`,
      ];
}

function samplesOf({ model, check, sample, rows }: CheckFailure): string[] {
  if (rows !== undefined) {
    return [];
  }
  return [`${model}: ${check}, for example:`, ...sample.map((row) => `  ${JSON.stringify(row)}`)];
}

/** A silver object that doesn't match its contract. */
export class SilverObjectError extends GoldError {
  override readonly name = "SilverObjectError";
  readonly code = "SILVER_OBJECT_UNREADABLE";
  readonly kind = "data";

  readonly key: string;
  readonly #problem: string;

  /**
   * @param problem What is wrong with it.
   * @param detail Polars' message.
   * @param madeBy The contract that made it.
   */
  constructor(
    key: string,
    problem: string,
    detail?: string,
    madeBy: "current" | "older" = "current",
  ) {
    const [table = ""] = key.split("/", 1);
    const [cause, option] =
      madeBy === "current" ? ["", ""] : ["an older contract made it, and ", " --outdated"];
    super(
      `Silver object ${JSON.stringify(key)}: ${cause}${problem}. Gold is unchanged. `,
      `Process it again: lakehouse replay ${table}${option}. Then run again.`,
      detail,
    );
    this.key = key;
    this.#problem = problem;
  }

  /** The same error of an object that an older contract made. */
  ofOlderContract(): SilverObjectError {
    return new SilverObjectError(this.key, this.#problem, this.detail, "older");
  }
}

/** A silver object that is not what its receipt says: something other than bronze→silver wrote or changed it. */
export class SilverChangedError extends GoldError {
  override readonly name = "SilverChangedError";
  readonly code = "SILVER_OBJECT_CHANGED";
  readonly kind = "data";

  readonly key: string;

  /** @param problem What is wrong with it. */
  constructor(
    { key, bronzeKey }: { readonly key: string; readonly bronzeKey: string },
    problem: string,
  ) {
    super(
      `Silver object ${JSON.stringify(key)}: ${problem}. Gold is unchanged. `,
      `Write it again: lakehouse silver --object ${JSON.stringify(bronzeKey)}. Then run again. ` +
        "`lakehouse audit` lists all such objects.",
    );
    this.key = key;
  }
}

/** The run record, or state that it names, is damaged or missing. */
export class StateError extends GoldError {
  override readonly name = "StateError";
  readonly code = "STATE_UNREADABLE";
  readonly kind = "fault";

  readonly key: string;

  constructor(
    key: string,
    problem: string,
    hint = "Run once with `lakehouse gold --rebuild`, which rebuilds all state from silver.",
  ) {
    super(`${JSON.stringify(key)} in gold: ${problem}. `, hint);
    this.key = key;
  }
}

/** A task of a run is about a table or model that this program defines differently. */
export class TaskMismatchError extends GoldError {
  override readonly name = "TaskMismatchError";
  readonly code = "TASK_MISMATCH";
  readonly kind = "fault";

  /** @param what `table orders`. */
  constructor(key: string, what: string) {
    super(
      `${JSON.stringify(key)} in gold is a task about ${what}, which is defined differently here. `,
      "Let the same version of this program run gold and do its tasks. The next run makes new tasks.",
    );
  }
}

/** A task of a run failed again and again, because of something else than its data. */
export class TaskFailedError extends GoldError {
  override readonly name = "TaskFailedError";
  readonly code = "TASK_FAILED";
  readonly kind = "fault";

  /**
   * @param what What it does: `reading silver of table orders`.
   * @param reason The last failure.
   */
  constructor(key: string, what: string, attempts: number, reason: string) {
    super(
      `A worker failed ${attempts} times at ${what} (${key}). Gold is unchanged. `,
      "Run again to try what is left. With fewer workers there is more memory for each.",
      reason,
    );
  }
}

/** For `catch`: undefined instead of damaged or missing state. Throws all other errors. */
export function unlessStateError(error: unknown): undefined {
  if (!(error instanceof StateError)) {
    throw error;
  }
}

/** A model has the name of a table that gold still has although it is no longer defined, or the other way round. */
export class NameTakenError extends GoldError {
  override readonly name = "NameTakenError";
  readonly code = "NAME_TAKEN";
  readonly kind = "usage";

  /** @param kind What gold still has. */
  constructor(name: string, kind: "table" | "model") {
    const other = kind === "table" ? "model" : "table";
    super(
      `Gold still has the ${kind} ${name}, which is no longer defined, and a ${other} has its name now. Gold is unchanged. `,
      `Remove the ${kind} from gold: lakehouse gold --prune. Or give the ${other} another name.`,
    );
  }
}

/** A catalog has a table of another program under the name of one of ours. */
export class ForeignTableError extends GoldError {
  override readonly name = "ForeignTableError";
  readonly code = "FOREIGN_TABLE";
  readonly kind = "usage";

  /** @param address Where the table is, or its metadata. */
  constructor(table: string, address: string) {
    super(
      `The catalog has another program's table ${table}, at ${address}. `,
      `Only runs write to this database. Move that table to another database, remove it from this one, and run again.`,
    );
  }
}

/** Glue refused a call, or could not be reached. */
export class GlueError extends GoldError {
  override readonly name = "GlueError";
  readonly code = "GLUE_FAILED";
  readonly kind = "fault";

  /** @param what What could not be done: `read the table orders`. */
  constructor(database: string, what: string, cause: unknown) {
    const { name, message } = asError(cause);
    super(
      `Glue's database ${database}: could not ${what} (${name}: ${message}). `,
      "Check the permissions for this database and the network (`bootstrap` makes its way to Glue), then run again.",
    );
  }
}

/** Athena refused a call, or could not be reached. */
export class AthenaError extends GoldError {
  override readonly name = "AthenaError";
  readonly code = "ATHENA_FAILED";
  readonly kind = "fault";

  /** @param what What could not be done: `start the query of model daily_sales`. */
  constructor(workgroup: string, what: string, cause: unknown) {
    const { name, message } = asError(cause);
    super(
      `Athena's workgroup ${workgroup}: could not ${what} (${name}: ${message}). `,
      "Check the permissions for this workgroup and the network (`bootstrap` makes its way to Athena), then run again.",
    );
  }
}

/** Athena could not build a model. The model's last version stays, and the run has published everything else. */
export class AthenaModelError extends GoldError {
  override readonly name = "AthenaModelError";
  readonly code = "ATHENA_MODEL_FAILED";
  readonly kind = "data";

  readonly model: string;

  /**
   * @param problem Why it failed. It contains no records.
   * @param hint What to do.
   * @param query The id of the query, if there is one.
   * @param detail Athena's message, which may contain records.
   */
  constructor(model: string, problem: string, hint: string, query?: string, detail?: string) {
    const named = query === undefined ? "" : ` (query ${query})`;
    super(
      `Model ${model}: ${problem}${named}. Its last version stays in gold, and other models are published. `,
      hint,
      detail,
    );
    this.model = model;
  }
}

/** Several models could not be built from queries of Athena. */
export class AthenaModelsError extends GoldError {
  override readonly name = "AthenaModelsError";
  readonly code = "ATHENA_MODEL_FAILED";
  readonly kind = "data";

  constructor(failures: readonly unknown[]) {
    const messages = failures.map((each) => asError(each).message);
    const details = failures.flatMap((each) =>
      each instanceof LakehouseError ? (each.detail ?? []) : [],
    );
    super(
      `${failures.length} models could not be built from queries of Athena:\n${messages.join("\n")}\n`,
      "Fix each of them, then run again.",
      details.length === 0 ? undefined : details.join("\n"),
    );
  }
}

/** An event that the Lambda function doesn't know. */
export class UnknownEventError extends GoldError {
  override readonly name = "UnknownEventError";
  readonly code = "UNKNOWN_EVENT";
  readonly kind = "usage";

  constructor(problem: string) {
    super(
      `silver→gold doesn't know this event: ${problem}. `,
      'Send {}, {"rebuild": true}, {"prune": true}, {"acceptDecrease": ["orders"]} or a scheduled event.',
    );
  }
}

/** A decrease was accepted of something that does not exist. Nothing was done. */
export class UnknownNameError extends GoldError {
  override readonly name = "UnknownNameError";
  readonly code = "UNKNOWN_NAME";
  readonly kind = "usage";

  /** @param names The names of all tables and models. */
  constructor(name: string, names: readonly string[]) {
    super(
      `There is no table or model ${JSON.stringify(name)} whose decrease could be accepted. `,
      `Tables and models are: ${names.join(", ")}.`,
    );
  }
}
