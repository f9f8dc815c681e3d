/** Runs every query and check on empty tables, so that mistakes show before any data is read. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { sqlType } from "@lakehouse/transforms/contract/column-type";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { type DuckDb, rowsOf } from "../engine/duckdb/duckdb.ts";
import { createView } from "../engine/duckdb/relation.ts";
import { identifier, type TypedColumn } from "../engine/duckdb/sql-text.ts";
import { ModelError } from "../errors.ts";
import { builtView, createCheckView } from "./check-query.ts";
import type { ResolvedModel } from "./model-graph.ts";

/** The name of the view that stands for a model's query. */
export const resultView = "__result";

/** @throws ModelError that names the model, the column, its declared and its found type, and the mend. */
export async function checkModels(
  db: DuckDb,
  catalog: Catalog,
  models: readonly ResolvedModel[],
): Promise<void> {
  await db.use(async (connection) => {
    for (const { name, columns } of [...catalog.tables, ...catalog.models]) {
      await createEmptyView(connection, name, columns);
    }
    for (const { model, reads } of models) {
      checkIncremental(model, reads, catalog);
      await checkResult(connection, model);
      await checkChecks(connection, model);
    }
  });
}

/** Makes the view that stands for a model's query; a later one replaces it. */
export async function createResultView(connection: DuckDBConnection, model: Model): Promise<void> {
  await connection.run(`create or replace temp view ${identifier(resultView)} as\n${model.sql}`);
}

function createEmptyView(
  connection: DuckDBConnection,
  name: string,
  columns: readonly TypedColumn[],
): Promise<void> {
  return createView(connection, name, { columns, format: "csv", files: [] });
}

function checkIncremental(model: Model, reads: readonly string[], catalog: Catalog): void {
  const { materialization } = model;
  if (materialization.kind !== "incremental") {
    return;
  }
  const divided = reads.some(
    (name) => name === materialization.table.name || isDividedBy(catalog, name, model),
  );
  if (!divided) {
    throw new ModelError(
      model.name,
      `it is incremental by ${materialization.table.name}, but reads neither that table nor a model that is, so every partition would be the same`,
      "Make it full(), or read the table.",
    );
  }
}

function isDividedBy(catalog: Catalog, name: string, model: Model): boolean {
  const other = catalog.models.find((each) => each.name === name)?.materialization;
  return (
    other?.kind === "incremental" &&
    model.materialization.kind === "incremental" &&
    other.table.name === model.materialization.table.name
  );
}

async function checkResult(connection: DuckDBConnection, model: Model): Promise<void> {
  await bind(model, "its query", () => createResultView(connection, model));
  const found = (await rowsOf(connection, `describe ${identifier(resultView)}`)).map((row) => ({
    name: String(row["column_name"]),
    type: String(row["column_type"]),
  }));
  const names = (columns: readonly { name: string }[]) =>
    columns.map(({ name }) => name).join(", ");
  if (names(found) !== names(model.columns)) {
    throw new ModelError(
      model.name,
      `its query gives the columns ${names(found)}, but ${names(model.columns)} are declared`,
      "Give them the same names in the same order.",
    );
  }
  for (const [index, { name, type }] of model.columns.entries()) {
    const declared = sqlType(type);
    const is = found[index]?.type;
    if (is !== declared) {
      throw new ModelError(
        model.name,
        `column ${name} is declared ${declared}, but its query gives ${is}`,
        `Write cast(… as ${declared}) as ${name} in the query, or declare what it gives.`,
      );
    }
  }
}

async function checkChecks(connection: DuckDBConnection, model: Model): Promise<void> {
  await createEmptyView(connection, builtView, model.columns);
  for (const check of model.checks) {
    await bind(model, `check ${checkName(check)}`, async () => {
      await createCheckView(connection, check, model);
    });
  }
}

/** Runs what binds SQL to empty views; what DuckDB says then cannot show any record. */
async function bind(model: Model, where: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    const said = error instanceof Error ? error.message.trim() : String(error);
    throw new ModelError(model.name, `DuckDB refuses ${where}: ${said}`, "Mend the SQL.");
  }
}
