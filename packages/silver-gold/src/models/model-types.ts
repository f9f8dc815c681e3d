/** Validates every query and check against empty tables, to find mistakes before any data is read. */
import { relationsOf } from "@lakehouse/lake/relations";
import { placeOf } from "@lakehouse/transforms/mistakes/place";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import { lookupsOf, type Model } from "@lakehouse/transforms/model/model";
import {
  type Engine,
  EngineError,
  type FileView,
  type ResultColumn,
  type Session,
} from "../engine/engine.ts";
import { ModelError } from "../errors.ts";
import { checkAthenaModel } from "./athena-models.ts";
import { builtView, checkQuery, checksOfRows } from "./check-query.ts";
import { inBuildOrder, inputNames, type ResolvedModel, resolveModel } from "./model-graph.ts";
import { fileFormatOf } from "./model-plan.ts";
import { placeOfMessage, placeOfName } from "./sql-place.ts";

/** The models without a mistake, by their catalog. Runs of one process check each once. */
const rightModels = new WeakMap<Catalog, WeakSet<Model>>();

/** @throws ModelError that names the model, the column, both types, and the fix. */
export async function checkModels(
  engine: Engine,
  catalog: Catalog,
  models: readonly ResolvedModel[],
): Promise<void> {
  const right = rightModels.get(catalog) ?? new WeakSet();
  rightModels.set(catalog, right);
  const unchecked = models.filter(({ model }) => !right.has(model));
  if (unchecked.length === 0) {
    return;
  }
  const {
    mistakes: [first],
  } = await typeMistakes(engine, catalog, unchecked, models);
  if (first !== undefined) {
    throw first;
  }
  for (const { model } of unchecked) {
    right.add(model);
  }
}

/** A model's result may be another one each time, although each is right. */
export interface ModelWarning {
  readonly model: Model;
  readonly warning: string;
}

/** Returns all mistakes in all models' SQL, and what to know about models without mistakes. */
export async function findModelMistakes(
  engine: Engine,
  catalog: Catalog,
): Promise<{
  readonly mistakes: readonly ModelError[];
  readonly warnings: readonly ModelWarning[];
}> {
  const { models, mistakes } = await resolveEach(engine, catalog);
  let ordered = [...models.values()];
  await collect(mistakes, () => {
    ordered = inBuildOrder(models);
  });
  const found = await typeMistakes(engine, catalog, [...models.values()], ordered);
  return { ...found, mistakes: [...mistakes, ...found.mistakes] };
}

/** Finds what each model reads, by name. Models with a mistake are left out, and their mistakes returned. */
export async function resolveEach(
  engine: Engine,
  catalog: Catalog,
): Promise<{ readonly models: Map<string, ResolvedModel>; readonly mistakes: ModelError[] }> {
  const mistakes: ModelError[] = [];
  const inputs = inputNames(catalog);
  const models = new Map<string, ResolvedModel>();
  for (const model of catalog.models) {
    await collect(mistakes, async () => {
      models.set(model.name, await resolveModel(engine, inputs, model));
    });
  }
  return { models, mistakes };
}

/** @param all With those that are not checked now, in build order. */
async function typeMistakes(
  engine: Engine,
  catalog: Catalog,
  models: readonly ResolvedModel[],
  all: readonly ResolvedModel[],
): Promise<{ readonly mistakes: ModelError[]; readonly warnings: ModelWarning[] }> {
  using session = await engine.session();
  for (const relation of relationsOf(catalog)) {
    await defineEmpty(session, relation.name, relation);
  }
  const mistakes: ModelError[] = [];
  const warnings: ModelWarning[] = [];
  for (const resolved of models) {
    const { model, reads } = resolved;
    await collect(mistakes, () => checkIncremental(model, reads, catalog));
    await collect(mistakes, async () => {
      await checkResult(engine, session, model);
      const found = await checkAthenaModel(session, catalog, all, resolved);
      warnings.push(...found.map((warning) => ({ model, warning })));
    });
    await defineEmpty(session, builtView, { ...model, format: fileFormatOf(model) });
    for (const check of checksOfRows(model)) {
      await collect(mistakes, async () => {
        const sql = checkQuery(engine, check, model);
        await describe(session, model, `check ${checkName(check)}`, sql, () => placeOf(check));
        if (model.engine.kind === "athena" && model.engine.largeOutput === true) {
          // Most lakes have no such model, and a function's start would load it.
          const { translateCheck } = await import("./athena/remote-checks.ts");
          const place = () => placeOf(check);
          const found = await translateCheck(session, engine, check, model, place);
          warnings.push(
            ...found.warnings.map((warning) => ({
              model,
              warning: `Its check ${checkName(check)}: ${warning}`,
            })),
          );
        }
      });
    }
  }
  return { mistakes, warnings };
}

/** Adds the ModelError that the work throws. */
async function collect(mistakes: ModelError[], work: () => unknown): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ModelError)) {
      throw error;
    }
    mistakes.push(error);
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
      model.sqlFile,
    );
  }
  const lookup = lookupsOf(model).find(
    (name) => !reads.includes(name) || isDividedBy(catalog, name, model),
  );
  if (lookup !== undefined) {
    const isRead = reads.includes(lookup);
    throw new ModelError(
      model.name,
      isRead
        ? `its lookup ${lookup} is incremental by ${materialization.table.name} too, so its partitions are built with those of the model`
        : `its query does not read its lookup ${lookup}`,
      isRead ? "Remove it from the lookups." : `Read it, or remove it from the lookups.`,
      isRead ? placeOfName(model, lookup) : model.sqlFile,
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
      model.sqlFile,
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
        placeOfName(model, name),
      );
    }
  }
}

/** Describes SQL over empty views, so that the engine's errors can't show a record. */
async function describe(
  session: Session,
  model: Model,
  where: string,
  sql: string,
  place?: () => string | undefined,
): Promise<readonly ResultColumn[]> {
  try {
    return await session.describe(sql);
  } catch (error) {
    throw error instanceof EngineError
      ? new ModelError(
          model.name,
          `${error.engine} refuses ${where}: ${error.summary.trim().replace(/\s*\n\s*/g, " ")}`,
          "Fix the SQL.",
          place?.() ?? placeOfMessage(model, error.message),
        )
      : error;
  }
}
