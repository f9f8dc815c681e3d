/** Finds what each model reads, and sorts models into build order. */
import { modelInputsOf } from "@lakehouse/lake/relations";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Engine } from "../engine/engine.ts";
import { ModelError } from "../errors.ts";
import { placeOfName, placeOfPosition } from "./sql-place.ts";

/** A model, and what it reads. */
export interface ResolvedModel {
  readonly model: Model;
  /** Tables and models that its query reads. */
  readonly reads: readonly string[];
  /** Further tables and models that its checks read. */
  readonly checkReads: readonly string[];
}

/**
 * Finds what each model reads, and sorts models so that each comes after those that it reads.
 *
 * @throws ModelError if a query is not one SELECT, reads something that does not exist, or reads itself.
 */
export async function resolveModels(engine: Engine, catalog: Catalog): Promise<ResolvedModel[]> {
  const resolved = new Map<string, ResolvedModel>();
  for (const model of catalog.models) {
    const reads = await namesIn(engine, catalog, model, "its query", model.sql);
    const checkReads = new Set<string>();
    for (const check of model.checks) {
      const names =
        check.kind === "sql"
          ? await namesIn(engine, catalog, model, `check ${checkName(check)}`, check.sql)
          : check.kind === "relationship"
            ? [known(catalog, model, `check ${checkName(check)}`, check.to)]
            : [];
      for (const name of names) {
        checkReads.add(name);
      }
    }
    resolved.set(model.name, { model, reads, checkReads: [...checkReads] });
  }
  return inBuildOrder(resolved);
}

/** @throws ModelError that shows the cycle if models read each other. */
export function inBuildOrder(models: ReadonlyMap<string, ResolvedModel>): ResolvedModel[] {
  const ordered = new Set<ResolvedModel>();
  const place = (name: string, path: readonly string[]): void => {
    const resolved = models.get(name);
    if (resolved === undefined || ordered.has(resolved)) {
      return;
    }
    if (path.includes(name)) {
      const cycle = [...path.slice(path.indexOf(name)), name].join(" → ");
      throw new ModelError(name, `it reads itself (${cycle})`, "Remove one of these reads.");
    }
    for (const read of resolved.reads) {
      place(read, [...path, name]);
    }
    ordered.add(resolved);
  };
  for (const name of models.keys()) {
    place(name, []);
  }
  return [...ordered];
}

async function namesIn(
  engine: Engine,
  catalog: Catalog,
  model: Model,
  where: string,
  sql: string,
): Promise<readonly string[]> {
  const { names = [], refusal } = await engine.dependencies(sql);
  if (refusal !== undefined) {
    const place = sql === model.sql ? placeOfPosition(model, refusal.position) : undefined;
    throw new ModelError(model.name, `in ${where}, ${refusal.problem}`, refusal.hint, place);
  }
  return names.map((name) => known(catalog, model, where, name));
}

function known(catalog: Catalog, model: Model, where: string, name: string): string {
  const all = modelInputsOf(catalog).map((each) => each.name);
  if (!all.includes(name)) {
    throw new ModelError(
      model.name,
      `${where} reads ${name}, which is neither a table nor a model`,
      `Tables and models are: ${all.sort().join(", ")}.`,
      where === "its query" ? placeOfName(model, name) : undefined,
    );
  }
  return name;
}
