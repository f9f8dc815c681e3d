/** A model's query in Athena's SQL, over published versions of what it reads. */
import { relationsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import type { RemoteQuery } from "../../engine/athena/statement.ts";
import { translateQuery } from "../../engine/athena/translate/translate.ts";
import type { Engine } from "../../engine/engine.ts";
import { ModelError } from "../../errors.ts";
import type { ResolvedModel } from "../model-graph.ts";
import { placeOfPosition } from "../sql-place.ts";
import type { Pins } from "./pins.ts";

/**
 * Translates the query of a model that Athena builds.
 *
 * @param database The database of Glue with the lake's tables.
 * @throws ModelError if it has no translation.
 */
export async function remoteQueryOf(
  engine: Engine,
  catalog: Catalog,
  { model, reads }: Pick<ResolvedModel, "model" | "reads">,
  pins: Pins,
  database: string,
): Promise<RemoteQuery> {
  const relations = relationsOf(catalog).filter(({ name }) => reads.includes(name));
  const sources = relations.flatMap((relation) => {
    const pin = pins.get(relation.name);
    return pin === undefined || (relation.kind !== "current" && relation.kind !== "model")
      ? []
      : [{ name: relation.name, columns: relation.columns, snapshot: pin.last.snapshot }];
  });
  const sql = await athenaSqlOf(engine, model, relations);
  return { columns: model.columns, sql, database, sources };
}

async function athenaSqlOf(
  engine: Engine,
  model: Model,
  relations: ReturnType<typeof relationsOf>,
): Promise<string> {
  if (model.engine.kind === "athena" && model.engine.sql !== undefined) {
    return model.engine.sql;
  }
  using session = await engine.session();
  for (const { name, columns, format } of relations) {
    await session.define(name, { kind: "files", columns, format, files: [] });
  }
  const translation = await translateQuery(session, model.sql);
  if (translation.refusal !== undefined) {
    const { problem, hint, position } = translation.refusal;
    const place = placeOfPosition(model, position);
    throw new ModelError(model.name, `in its query for Athena, ${problem}`, hint, place);
  }
  return translation.sql;
}
