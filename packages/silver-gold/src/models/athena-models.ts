/** Checks the models that Athena builds, before any data is read: what they read, and whether their SQL means the same there. */
import { relationsOf, silverNamesOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { AthenaEngine } from "@lakehouse/transforms/model/engine";
import type { Model } from "@lakehouse/transforms/model/model";
import { relationsIn, withoutStrings } from "../engine/athena/own-sql.ts";
import type { Session } from "../engine/engine.ts";
import { ModelError } from "../errors.ts";
import { isRemote } from "./athena/readiness.ts";
import { namesApart, type ResolvedModel, withSources } from "./model-graph.ts";
import { placeOfName, placeOfPosition } from "./sql-place.ts";

/** The hint where no other way to write the model's SQL is known. */
const ownSql =
  "Or give the model SQL of its own for Athena, engine: athena({ sql }), or remove its engine (docs/athena-models.md).";

/** Characters of a bucket's name, a database's, or a folder's. */
const longestName = 128;

/**
 * Checks a model that Athena builds. Its query has been checked.
 *
 * @param session Has a view, which may be empty, for each relation.
 * @param models All that a run builds, in build order.
 * @returns Why the result may differ from DuckDB's, although both are right.
 * @throws ModelError if Athena can't build it.
 */
export async function checkAthenaModel(
  session: Pick<Session, "rows" | "describe">,
  catalog: Catalog,
  models: readonly ResolvedModel[],
  resolved: ResolvedModel,
): Promise<readonly string[]> {
  const { model, reads } = resolved;
  const { engine } = model;
  if (engine.kind !== "athena") {
    return [];
  }
  checkReads(catalog, model, reads);
  checkFirstBuild(models, resolved);
  if (engine.largeOutput === true) {
    checkReads(catalog, model, resolved.checkReads, "Its checks run on Athena, too. ");
    checkLaterModels(models, resolved);
  }
  if (engine.sql !== undefined) {
    checkOwnSql(catalog, model, { ...engine, sql: engine.sql }, reads);
    await checkLength(catalog, resolved, engine.sql);
    return [];
  }
  // Most lakes have no such model, and a function's start would load it.
  const { translateQuery } = await import("../engine/athena/translate/translate.ts");
  const translation = await translateQuery(session, model.sql);
  if (translation.refusal !== undefined) {
    const { problem, hint, position } = translation.refusal;
    throw new ModelError(
      model.name,
      `Athena can't build it as DuckDB does: ${problem}`,
      `${hint} ${ownSql}`,
      placeOfPosition(model, position),
    );
  }
  await checkLength(catalog, resolved, translation.sql);
  return translation.warnings;
}

/** Athena takes statements of limited length only. Names that a deployment chooses are taken to be as long as they can be. */
async function checkLength(
  catalog: Catalog,
  { model, reads }: ResolvedModel,
  sql: string,
): Promise<void> {
  const { mostStatementBytes, unloadStatement } = await import("../engine/athena/statement.ts");
  const snapshot = Number.MAX_SAFE_INTEGER;
  const sources = relationsOf(catalog).flatMap((relation) =>
    reads.includes(relation.name) && (relation.kind === "current" || relation.kind === "model")
      ? [{ name: relation.name, columns: relation.columns, snapshot }]
      : [],
  );
  const database = "d".repeat(longestName);
  const target = `s3://${"b".repeat(longestName)}/${"k".repeat(longestName)}`;
  const statement = unloadStatement({ columns: model.columns, sql, database, sources }, target);
  const bytes = Buffer.byteLength(statement);
  if (bytes > mostStatementBytes) {
    throw new ModelError(
      model.name,
      `its statement for Athena has ${bytes} bytes, and Athena takes ${mostStatementBytes}`,
      "Divide the query into several models.",
      model.engine.kind === "athena" && model.engine.sql ? model.engine.sqlFile : model.sqlFile,
    );
  }
}

/** Athena reads published versions of open tables. Silver has no versions, and other models are replaced in place. */
function checkReads(
  { tables, models }: Catalog,
  model: Model,
  reads: readonly string[],
  why = "",
): void {
  for (const name of reads.filter((each) => each !== model.name)) {
    const table = tables.find((each) => silverNamesOf(each).includes(name));
    const read = models.find((each) => each.name === name);
    if (table !== undefined) {
      throw new ModelError(
        model.name,
        `Athena can't read ${name}, because silver has no versions that a query can be held to`,
        `${why}Read ${table.name}, or remove the model's engine, so that DuckDB builds it.`,
        placeOfName(model, name),
      );
    }
    if (read !== undefined && read.format !== "table") {
      throw new ModelError(
        model.name,
        `Athena can't read ${name}, because that model is kept as ${read.format}, which has no versions`,
        `${why}Give ${name} format: "table".`,
        placeOfName(model, name),
      );
    }
  }
}

/** Athena builds a model once those that it reads are published, and a model is published once its checks hold. */
function checkFirstBuild(models: readonly ResolvedModel[], resolved: ResolvedModel): void {
  const { name, sqlFile } = resolved.model;
  const apart = namesApart(models, [resolved]);
  const later = withSources(models, resolved.checkReads).find(
    ({ model }) => isRemote(model) && model.name !== name && !apart.has(model.name),
  )?.model.name;
  if (later !== undefined) {
    throw new ModelError(
      name,
      `its checks read ${later}, which Athena builds from ${name}, so that neither could be published first`,
      `Let ${later} check it, or remove the engine of ${later}.`,
      sqlFile,
    );
  }
}

/** Athena checks a large result before it is published, so before anything is built of it. */
function checkLaterModels(models: readonly ResolvedModel[], resolved: ResolvedModel): void {
  const { name, sqlFile } = resolved.model;
  const apart = namesApart(models, [resolved]);
  const later = models.find(
    ({ model }) =>
      resolved.checkReads.includes(model.name) && model.name !== name && !apart.has(model.name),
  )?.model.name;
  if (later !== undefined) {
    throw new ModelError(
      name,
      `its checks read ${later}, which is built from ${name}, and with largeOutput they run before that`,
      `Let ${later} check it, or remove largeOutput.`,
      sqlFile,
    );
  }
}

/** Finds names that Athena would look up in the database, past the versions that the model is built from. */
function checkOwnSql(
  catalog: Catalog,
  model: Model,
  { sql, sqlFile }: AthenaEngine & { readonly sql: string },
  reads: readonly string[],
): void {
  const refuse = (problem: string, hint: string, position: number): never => {
    const place = placeOfPosition({ sql, ...(sqlFile !== undefined && { sqlFile }) }, position);
    throw new ModelError(model.name, `in its SQL for Athena, ${problem}`, hint, place);
  };
  const end = withoutStrings(sql).search(/;\s*\S/);
  if (end !== -1) {
    refuse("there is more than one statement", "Write one SELECT.", end);
  }
  const all = [
    ...catalog.tables.flatMap((table) => [table.name, ...silverNamesOf(table)]),
    ...catalog.models.map(({ name }) => name),
  ];
  for (const { name, isQualified, position } of relationsIn(sql)) {
    if (!all.includes(name)) {
      continue;
    }
    if (isQualified) {
      refuse(
        `${name} is read from a database that it names`,
        "Write the name of the table or model alone. It then stands for the version that the run has published.",
        position,
      );
    }
    if (!reads.includes(name)) {
      refuse(
        `${name} is read, which the model's sql does not read`,
        `Read the same tables and models in both: ${reads.join(", ")}.`,
        position,
      );
    }
  }
}
