/** The engine that builds a model in a deployment. Everywhere else, DuckDB builds every model. */
import {
  choiceMistake,
  extraMistake,
  isRecord,
  type Mistake,
  optionsMistake,
  shown,
} from "../mistakes/options.ts";

/** What `athena()` takes. */
export interface AthenaOptions {
  /**
   * The query in Athena's SQL (Trino's), if the model's `sql` can't be translated. It reads the same tables and models, and
   * returns the same columns. `sql` stays the definition: it gives the types, and runs in tests and on laptops.
   */
  readonly sql?: string;
  /**
   * The files that Athena writes become the model's as they are, because one function can't hold all of them. Athena also runs the
   * model's checks. The model must be an open table.
   */
  readonly largeOutput?: true;
}

/** Athena as the engine of a model. */
export interface AthenaEngine extends AthenaOptions {
  readonly kind: "athena";
  /** The file with `sql`, from the repository's root. Absent if it is not from a file. */
  readonly sqlFile?: string;
}

/** The engine that builds a model. */
export type ModelEngine = { readonly kind: "duckdb" } | AthenaEngine;

/** The engine as a model names it. */
export type EngineOption = ModelEngine["kind"] | ModelEngine;

/**
 * @example
 * ```ts
 * engine: athena({ sql: dailySalesAthenaSql })
 * ```
 *
 * Amazon Athena builds the model in a deployment. Without options, write `engine: "athena"`.
 */
export const athena = (options: AthenaOptions = {}): AthenaEngine => ({
  kind: "athena",
  ...options,
});

/** The engine that an option names. Default: DuckDB. */
export function engineOf(option: EngineOption = "duckdb"): ModelEngine {
  return typeof option === "string" ? { kind: option } : option;
}

const kinds: readonly ModelEngine["kind"][] = ["duckdb", "athena"];

/** Returns the first mistake in a model's engine. */
export function engineMistake(engine: unknown, materialization: unknown): Mistake | undefined {
  if (engine === undefined) {
    return undefined;
  }
  if (!isRecord(engine)) {
    return typeof engine === "string"
      ? (choiceMistake("its engine", engine, kinds) ??
          materializationMistake(engine, materialization))
      : {
          problem: `its engine is ${shown(engine)}`,
          hint: 'Write engine: "athena" or engine: athena({ … }).',
        };
  }
  const { kind, ...options } = engine;
  const mistake = choiceMistake("the kind of its engine", kind, kinds);
  if (mistake !== undefined || kind === "duckdb") {
    return mistake ?? extraMistake("duckdb", Object.keys(options));
  }
  const { sql, largeOutput } = options;
  return (
    optionsMistake("athena()", options, ["sql", "largeOutput"]) ??
    athenaSqlMistake(sql) ??
    (largeOutput === undefined || largeOutput === true
      ? undefined
      : {
          problem: `its largeOutput is ${shown(largeOutput)}`,
          hint: "Write largeOutput: true, or remove it.",
        }) ??
    materializationMistake(kind, materialization)
  );
}

function athenaSqlMistake(sql: unknown): Mistake | undefined {
  if (sql === undefined) {
    return undefined;
  }
  if (typeof sql !== "string") {
    return { problem: `its SQL for Athena is ${shown(sql)}`, hint: "Write a string." };
  }
  if (sql.trim() === "") {
    return {
      problem: "its SQL for Athena is empty",
      hint: 'Write one SELECT, or engine: "athena", which translates the model\'s sql.',
    };
  }
  return sql.includes("\0")
    ? { problem: "its SQL for Athena is not text in UTF-8", hint: "Save its .sql file in UTF-8." }
    : undefined;
}

/** Athena builds whole models only: those are what outgrows one machine. */
function materializationMistake(kind: unknown, materialization: unknown): Mistake | undefined {
  return kind === "athena" && isRecord(materialization) && materialization["kind"] !== "full"
    ? {
        problem: "Athena can't build a model that is incremental",
        hint: 'Make it full(), or remove engine: "athena": DuckDB builds one partition at a time, so the size of the whole does not matter.',
      }
    : undefined;
}
