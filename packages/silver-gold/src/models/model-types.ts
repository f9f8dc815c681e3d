/** Validates every query and check against empty tables, to find mistakes before any data is read. */
import { modelInputsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import {
  type Engine,
  EngineError,
  type FileView,
  type ResultColumn,
  type Session,
} from "../engine/engine.ts";
import { ModelError } from "../errors.ts";
import { builtView, checkQuery, checksOfRows } from "./check-query.ts";
import type { ResolvedModel } from "./model-graph.ts";
import { placeOfMessage } from "./sql-place.ts";

/** @throws ModelError that names the model, the column, both types, and the fix. */
export async function checkModels(
  engine: Engine,
  catalog: Catalog,
  models: readonly ResolvedModel[],
): Promise<void> {
  using session = await engine.session();
  for (const relation of modelInputsOf(catalog)) {
    await defineEmpty(session, relation.name, relation);
  }
  for (const { model, reads } of models) {
    checkIncremental(model, reads, catalog);
    await checkResult(engine, session, model);
    await checkChecks(engine, session, model);
  }
}

async function defineEmpty(
  session: Session,
  name: string,
  { columns, format }: Pick<FileView, "columns" | "format">,
): Promise<void> {
  await session.define(name, { kind: "files", columns, format, files: [] });
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
      `it is incremental by ${materialization.table.name}, but reads neither that table nor a model incremental by it, so every partition would be the same`,
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

async function checkResult(engine: Engine, session: Session, model: Model): Promise<void> {
  const found = await describe(session, model, "its query", model.sql);
  const names = (columns: readonly { name: string }[]) =>
    columns.map(({ name }) => name).join(", ");
  if (names(found) !== names(model.columns)) {
    throw new ModelError(
      model.name,
      `its query returns the columns ${names(found)}, but ${names(model.columns)} are declared`,
      "Return the declared columns, in the declared order.",
    );
  }
  for (const [index, { name, type }] of model.columns.entries()) {
    const declared = engine.typeName(type);
    const actual = found[index]?.type;
    if (actual !== declared) {
      throw new ModelError(
        model.name,
        `column ${name} is declared ${declared}, but the query returns ${actual}`,
        `Write cast(… as ${declared}) as ${name} in the query, or declare the returned type.`,
      );
    }
  }
}

async function checkChecks(engine: Engine, session: Session, model: Model): Promise<void> {
  await defineEmpty(session, builtView, model);
  for (const check of checksOfRows(model)) {
    await describe(session, model, `check ${checkName(check)}`, checkQuery(engine, check, model));
  }
}

/** Describes SQL over empty views, so that the engine's errors can't show a record. */
async function describe(
  session: Session,
  model: Model,
  where: string,
  sql: string,
): Promise<readonly ResultColumn[]> {
  try {
    return await session.describe(sql);
  } catch (error) {
    throw error instanceof EngineError
      ? new ModelError(
          model.name,
          `${error.engine} refuses ${where}: ${error.summary.trim()}`,
          "Fix the SQL.",
          sql === model.sql ? placeOfMessage(model, error.message) : undefined,
        )
      : error;
  }
}
