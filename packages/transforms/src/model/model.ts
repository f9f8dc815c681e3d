/** Gold models: a named SQL query over current rows and other models, with typed columns and checks. */
import { defaultFormat } from "../contract/checked-table.ts";
import type { Column } from "../contract/column.ts";
import { type FileFormat, fingerprint, type Table } from "../contract/table.ts";
import { ContractError } from "../errors.ts";
import type { ColumnType } from "../types/types.ts";
import type { Check } from "./check.ts";

/** How a model is kept: built whole, or one partition of a table at a time. */
export type Materialization =
  | { readonly kind: "full" }
  | { readonly kind: "incremental"; readonly table: Table };

/** Builds the whole model whenever something that it reads has changed. */
export const full = (): Materialization => ({ kind: "full" });

/**
 * Builds the model one partition at a time. The query runs for each changed partition of `table`. It sees only that
 * partition of the table (and of other models that are incremental by it), and returns that partition of the model.
 */
export const incremental = (table: Table): Materialization => ({ kind: "incremental", table });

/** A model as the user writes it. */
export interface ModelDefinition<C extends Readonly<Record<string, Column>>> {
  /** Lower-case letters, digits and `_`, because it names a folder and a SQL table. */
  readonly name: string;
  readonly description: string;
  readonly materialization: Materialization;
  /** The result's columns, in order. The query must return exactly these types; cast where needed. */
  readonly columns: C;
  /** One SELECT. The models and tables that it reads are found in its text. */
  readonly sql: string;
  readonly checks?: readonly Check<keyof C & string>[];
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
  readonly checks: readonly Check[];
  readonly format: FileFormat;
  /** Changes when the model may give a different result for the same input, or has different checks. */
  readonly fingerprint: string;
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
export function defineModel<const C extends Readonly<Record<string, Column>>>(
  definition: ModelDefinition<C>,
): Model {
  const { name, description, materialization, sql } = definition;
  const columns = Object.entries(definition.columns).map(
    ([column, { spec }]): ModelColumn => ({
      name: column,
      type: spec.type,
      description: spec.description ?? "",
    }),
  );
  const checks = definition.checks ?? [];
  if (!namePattern.test(name)) {
    throw new ContractError(
      `model ${JSON.stringify(name)}`,
      "its name is not a plain SQL name",
      "Use lower-case letters, digits and _, starting with a letter.",
    );
  }
  if (columns.length === 0) {
    throw new ContractError(`model ${name}`, "it has no columns", "List the columns of its query.");
  }
  if (sql.trim() === "") {
    throw new ContractError(
      `model ${name}`,
      "its SQL is empty",
      "Write one SELECT in its .sql file.",
    );
  }
  const model = { name, description, materialization, columns, sql, checks };
  return inFormat({ ...model, format: defaultFormat, fingerprint: "" }, defaultFormat);
}

/** The model with its files in this format, which the contract beside it chooses for gold. */
export function inFormat(model: Model, format: FileFormat): Model {
  const { columns, sql, checks, materialization } = model;
  const by = materialization.kind === "incremental" ? materialization.table.name : "full";
  return { ...model, format, fingerprint: fingerprint({ by, columns, sql, checks, format }) };
}
