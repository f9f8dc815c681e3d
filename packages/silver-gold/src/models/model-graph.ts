/** Finds what each model reads, and sorts models into build order. */
import { relationsOf, silverNamesOf } from "@lakehouse/lake/relations";
import { nearest } from "@lakehouse/transforms/mistakes/nearest";
import { placeOf } from "@lakehouse/transforms/mistakes/place";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { checkName } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import type { Engine } from "../engine/engine.ts";
import { ModelError } from "../errors.ts";
import { placeOfName, placeOfPosition } from "./sql-place.ts";

/** A model, and what it reads. */
export interface ResolvedModel {
  readonly model: Model;
  /** Tables and models that its query reads, `silver_<table>` and `quarantine_<table>` included. */
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
  const inputs = inputNames(catalog);
  const resolved = new Map<string, ResolvedModel>();
  for (const model of catalog.models) {
    resolved.set(model.name, await resolveModel(engine, inputs, model));
  }
  return inBuildOrder(resolved);
}

/** Models, with all that they or their checks read, directly or not. In build order, if `models` are. */
export function withSources(
  models: readonly ResolvedModel[],
  names: readonly string[],
): ResolvedModel[] {
  const wanted = new Set(names);
  // A check may read a model that is built later, so once through in reverse order is not enough.
  for (let size = 0; size < wanted.size; ) {
    size = wanted.size;
    for (const { model, reads, checkReads } of models) {
      if (wanted.has(model.name)) {
        for (const name of [...reads, ...checkReads]) {
          wanted.add(name);
        }
      }
    }
  }
  return models.filter(({ model }) => wanted.has(model.name));
}

/** The names of models that read none of these, directly or not. @param models In build order. */
export function namesApart(
  models: readonly ResolvedModel[],
  from: readonly ResolvedModel[],
): ReadonlySet<string> {
  const affected = new Set(from.map(({ model }) => model.name));
  for (const { model, reads } of models) {
    if (reads.some((name) => affected.has(name))) {
      affected.add(model.name);
    }
  }
  const names = new Set(models.map(({ model }) => model.name));
  return names.difference(affected);
}

/** The names that models can read, in order. */
export function inputNames(catalog: Catalog): readonly string[] {
  return relationsOf(catalog)
    .map(({ name }) => name)
    .sort();
}

/** Finds what one model reads. @throws ModelError like `resolveModels`. */
export async function resolveModel(
  engine: Engine,
  inputs: readonly string[],
  model: Model,
): Promise<ResolvedModel> {
  const reads = await namesIn(engine, inputs, model, "its query", model.sql);
  const checkReads = new Set<string>();
  for (const check of model.checks) {
    const where = `check ${checkName(check)}`;
    const names =
      check.kind === "sql"
        ? await namesIn(engine, inputs, model, where, check.sql, () => placeOf(check))
        : check.kind === "relationship"
          ? [known(inputs, model, where, check.to, () => placeOf(check))]
          : [];
    for (const name of names) {
      checkReads.add(name);
    }
  }
  return { model, reads, checkReads: [...checkReads] };
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
      const [, next = name, ...more] = [...path.slice(path.indexOf(name)), name];
      throw new ModelError(
        name,
        `it reads itself (${[name, next, ...more].join(" → ")})`,
        "Remove one of these reads.",
        placeOfName(resolved.model, next),
      );
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

/** @param of Finds the place of a check. It reads the source map, which takes longer than everything else here. */
async function namesIn(
  engine: Engine,
  inputs: readonly string[],
  model: Model,
  where: string,
  sql: string,
  of?: () => string | undefined,
): Promise<readonly string[]> {
  const { names = [], refusal } = await engine.dependencies(sql);
  if (refusal !== undefined) {
    const place = of?.() ?? placeOfPosition(model, refusal.position);
    throw new ModelError(model.name, `in ${where}, ${refusal.problem}`, refusal.hint, place);
  }
  return names.map((name) =>
    known(inputs, model, where, name, () => of?.() ?? placeOfName(model, name)),
  );
}

function known(
  inputs: readonly string[],
  model: Model,
  where: string,
  name: string,
  place: () => string | undefined,
): string {
  if (!inputs.includes(name)) {
    const close = nearest(name, inputs);
    const listed = inputs.filter(
      (each) => !inputs.some((table) => silverNamesOf({ name: table }).includes(each)),
    );
    const all = `Tables and models are: ${listed.join(", ")}. Each table also has silver_TABLE and quarantine_TABLE.`;
    throw new ModelError(
      model.name,
      `${where} reads ${name}, which is neither a table nor a model`,
      close === undefined ? all : `Did you mean ${close}? ${all}`,
      place(),
      name,
    );
  }
  return name;
}
