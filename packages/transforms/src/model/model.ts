/** Gold models: a named SQL query over current rows and other models, with typed columns and checks. */
import { defaultFormat } from "../contract/checked-table.ts";
import { Column } from "../contract/column.ts";
import { fingerprint } from "../contract/fingerprint.ts";
import type { ModelFormat, Table } from "../contract/table.ts";
import type { Mistake } from "../mistakes/options.ts";
import { located, locatedAs } from "../mistakes/place.ts";
import { refuseIf } from "../mistakes/refuse.ts";
import { type ColumnType, definitionOf } from "../types/types.ts";
import type { Check } from "./check.ts";
import { checkChecks, modelMistake } from "./check-model.ts";
import { type EngineOption, engineOf, type ModelEngine } from "./engine.ts";
import type { CheckedTests, ModelTest } from "./test.ts";

/** How a model is kept: built whole, or one partition of a table at a time. */
export type Materialization =
  | { readonly kind: "full" }
  | {
      readonly kind: "incremental";
      readonly table: Table;
      /** Tables and models whose changes do not build partitions again. */
      readonly lookups: readonly (Table | Model)[];
    };

/** Builds the whole model whenever something that it reads has changed. */
export const full = (): Materialization => ({ kind: "full" });

/** How an incremental model treats what it reads besides its table. */
export interface IncrementalOptions {
  /**
   * Tables and models that the query only looks values up in. If one changes, no partition is built again: each keeps what
   * it had when it was built, until its own rows change, or until a rebuild. Without this, any change of what the query
   * reads besides `table` builds all partitions again.
   */
  readonly lookups?: readonly (Table | Model)[];
}

/**
 * Builds the model one partition at a time. The query runs for each changed partition of `table`. It sees only that
 * partition of the table (and of other models that are incremental by it), and returns that partition of the model.
 */
export const incremental = (
  table: Table,
  { lookups = [] }: IncrementalOptions = {},
): Materialization => ({ kind: "incremental", table, lookups });

/** A model as the user writes it. */
export interface ModelDefinition<
  C extends Readonly<Record<string, Column>>,
  N extends string = string,
> {
  /** Lower-case letters, digits and `_`, because it names a folder and a SQL table. */
  readonly name: N;
  readonly description: string;
  readonly materialization: Materialization;
  /** The result's columns, in order. The query must return exactly these types; cast where needed. */
  readonly columns: C;
  /** One SELECT. The models and tables that it reads are found in its text. */
  readonly sql: string;
  readonly checks?: readonly Check<keyof C & string>[];
  /** What it must return of given rows: `given({ orders: [{ … }] }).expect([{ … }])`. `lakehouse test` runs them. */
  readonly tests?: readonly ModelTest[];
  /**
   * How it is kept: `table` is an open table (Delta), which engines read with types, statistics and earlier versions.
   * Default: that of the contract beside it (`format.gold`), or `csv`.
   */
  readonly format?: ModelFormat;
  /**
   * What builds it in a deployment: `"athena"` or `athena({ … })` for a full model that is too large for one function
   * (docs/athena-models.md). Default: `"duckdb"`.
   */
  readonly engine?: EngineOption;
}

/** A column of a model's result. */
export interface ModelColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly description: string;
}

/** A finished model. */
export interface Model {
  readonly name: string;
  readonly description: string;
  readonly materialization: Materialization;
  readonly columns: readonly ModelColumn[];
  readonly sql: string;
  /** The file with the SQL, from the repository's root. Absent if the SQL is not from a file. */
  readonly sqlFile?: string;
  readonly checks: readonly Check[];
  /** They decide nothing in a lake, and are no part of the fingerprint. Absent if there are none. */
  readonly tests?: readonly ModelTest[];
  readonly format: ModelFormat;
  readonly engine: ModelEngine;
  /** The table whose child it makes. Absent if a user wrote the model. */
  readonly childOf?: Table;
  /** Whether the model chooses its format itself, and not the contract beside it. */
  readonly hasOwnFormat?: true;
  /** Changes when the model may give a different result for the same input, or has different checks. */
  readonly fingerprint: string;
}

/** A finished model that keeps its name and its columns' names and kinds for the type checker. */
export interface TypedModel<C extends Readonly<Record<string, Column>>, N extends string = string>
  extends Model {
  readonly name: N;
  readonly typedColumns: C;
}

const namePattern = /^[a-z][a-z0-9_]{0,62}$/;

/**
 * @example
 * ```ts
 * export const dailySales = defineModel({
 *   name: "daily_sales",
 *   description: "Orders and revenue of each day",
 *   materialization: incremental(orders),
 *   columns: { order_date: date(), orders: int64(), revenue: decimal(38, 2) },
 *   sql: dailySalesSql,
 *   checks: [unique("order_date"), acceptedRange("orders", { minimum: 1 })],
 * });
 * ```
 *
 * Defines a gold model, and validates it.
 *
 * @throws ContractError that names the model and the fix.
 */
export function defineModel<
  const C extends Readonly<Record<string, Column>>,
  const N extends string = string,
  const T extends readonly ModelTest[] = readonly ModelTest[],
>(
  definition: ModelDefinition<C, N> & { readonly tests?: T & CheckedTests<C, T> },
): TypedModel<C, N> {
  const { name, description, materialization, sql } = definition ?? {};
  refuseIf(`model ${String(name)}`, modelMistake(definition));
  for (const [column, made] of Object.entries(definition.columns)) {
    refuseIf(`${name}.${column}`, Column.mistakeOf(made), made);
  }
  const columns = Object.entries(definition.columns).map(
    ([column, { spec }]): ModelColumn => ({
      name: column,
      type: spec.type,
      description: spec.description ?? "",
    }),
  );
  const checks = definition.checks ?? [];
  refuseIf(`model ${JSON.stringify(name)}`, nameMistake(name));
  refuseIf(`model ${name}`, contentMistake(columns, sql));
  checkColumns(name, columns, definition.columns);
  checkChecks(name, columns, checks);
  const { format = defaultFormat } = definition;
  const own = definition.format === undefined ? {} : ({ hasOwnFormat: true } as const);
  const tests = definition.tests === undefined ? {} : { tests: definition.tests };
  const engine = engineOf(definition.engine);
  const model = {
    ...{ name, description, materialization, columns, sql, checks },
    ...{ ...tests, format, engine },
  };
  const typed = { ...model, ...own, fingerprint: "", typedColumns: definition.columns };
  return withFormat(located(typed), format);
}

function nameMistake(name: string): Mistake | undefined {
  return namePattern.test(name)
    ? undefined
    : {
        problem: "its name is not a plain SQL name",
        hint: "Use lower-case letters, digits and _, starting with a letter, at most 63 in all.",
      };
}

function contentMistake(columns: readonly ModelColumn[], sql: string): Mistake | undefined {
  if (columns.length === 0) {
    return { problem: "it has no columns", hint: "List the columns of its query." };
  }
  const same = sameName(columns.map(({ name }) => name));
  if (same !== undefined) {
    return {
      problem: `its columns ${same.join(" and ")} have the same name in SQL`,
      hint: "Rename one of them.",
    };
  }
  if (sql.includes("\0")) {
    return { problem: "its SQL is not text in UTF-8", hint: "Save its .sql file in UTF-8." };
  }
  return sql.trim() === ""
    ? { problem: "its SQL is empty", hint: "Write one SELECT in its .sql file." }
    : undefined;
}

/** Two names that differ only by case. */
function sameName(names: readonly string[]): [string, string] | undefined {
  const seen = new Map<string, string>();
  for (const name of names) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      return [other, name];
    }
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
}

function checkColumns(
  model: string,
  columns: readonly ModelColumn[],
  made: Readonly<Record<string, Column>>,
): void {
  for (const { name, type } of columns) {
    refuseIf(`${model}.${name}`, definitionOf(type).mistake?.(type), made[name]);
  }
}

/** The names of the tables and models that a model only looks values up in. */
export function lookupsOf({ materialization }: Pick<Model, "materialization">): readonly string[] {
  return materialization.kind === "incremental"
    ? materialization.lookups.map(({ name }) => name)
    : [];
}

/** The model in this format, which the contract beside it chooses for gold, unless the model has chosen one. */
export function inFormat(model: Model, format: ModelFormat): Model {
  return model.hasOwnFormat === true ? model : withFormat(model, format);
}

function withFormat<M extends Model>(model: M, format: ModelFormat): M {
  const { columns, sql, checks, materialization, engine } = model;
  const by = materialization.kind === "incremental" ? materialization.table.name : "full";
  const names = lookupsOf(model);
  // Absent if unused, so that models of earlier versions stay as they are.
  const lookups = names.length > 0 ? names.toSorted() : undefined;
  const content = { by, columns, sql, checks, format, lookups, engine: engineContent(engine) };
  const made = { ...model, format, fingerprint: fingerprint(content) };
  return locatedAs(made, model);
}

/** What the fingerprint holds of the engine: nothing of DuckDB, so that models of earlier versions stay as they are. */
function engineContent(engine: ModelEngine): object | undefined {
  if (engine.kind === "duckdb") {
    return undefined;
  }
  const { kind, sql, largeOutput } = engine;
  return { kind, sql, largeOutput };
}
