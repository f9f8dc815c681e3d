/** All tables and models of a lakehouse, checked against each other. */
import type { Table } from "../contract/table.ts";
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import { placeOf } from "../mistakes/place.ts";
import { checkName } from "./check.ts";
import { childModelsOf } from "./child-model.ts";
import type { Model } from "./model.ts";

/** The tables and models of a lakehouse. */
export interface Catalog {
  readonly tables: readonly Table[];
  readonly models: readonly Model[];
}

/** A table or model that contradicts others. */
export interface CatalogMistake {
  readonly of: Table | Model;
  readonly error: ContractError;
  /** Whether it refers to a table or model that does not exist. */
  readonly isMissing: boolean;
}

/**
 * Combines tables and models.
 *
 * @throws ContractError if two share a name, or a model refers to a table, model or column that does not exist.
 */
export function defineCatalog(tables: readonly Table[], models: readonly Model[]): Catalog {
  const catalog = withChildren(tables, models);
  const [first] = catalogMistakes(catalog);
  if (first !== undefined) {
    throw first.error;
  }
  return catalog;
}

/** The catalog with a model for each child of a table. */
export function withChildren(tables: readonly Table[], models: readonly Model[]): Catalog {
  return { tables, models: [...tables.flatMap(childModelsOf), ...models] };
}

/**
 * Finds all tables and models that contradict others. Of two with the same name, the second counts.
 *
 * @param catalog With a model for each child.
 */
export function catalogMistakes({ tables, models }: Catalog): CatalogMistake[] {
  const mistakes: CatalogMistake[] = [];
  const named = new Map<string, Table | Model>();
  for (const each of [...tables, ...models]) {
    const other = named.get(each.name);
    if (other === undefined) {
      named.set(each.name, each);
      continue;
    }
    const place = placeOf(other);
    const error = new ContractError(
      each.name,
      `two tables or models have this name${place === undefined ? "" : `, the other at ${place}`}`,
      "Rename one of them.",
      placeOf(each),
    );
    const of = "childOf" in each && each.childOf !== undefined ? each.childOf : each;
    mistakes.push({ of, error, isMissing: false });
  }
  for (const model of models) {
    const mistake =
      relationshipMistake(model, named) ?? tableMistake(model, tables) ?? engineMistake(model);
    if (mistake !== undefined) {
      mistakes.push({ of: model, ...mistake });
    }
  }
  return mistakes;
}

type Mistake = Omit<CatalogMistake, "of">;

function tableMistake(model: Model, tables: readonly Table[]): Mistake | undefined {
  const { name, materialization } = model;
  if (materialization.kind !== "incremental" || tables.includes(materialization.table)) {
    return undefined;
  }
  const error = new ContractError(
    `model ${name}`,
    `it is incremental by ${materialization.table.name}, which is not a table of this lakehouse`,
    "Use a table of packages/tables.",
    placeOf(model),
  );
  return { error, isMissing: true };
}

/** The contract beside a model may choose its format, so this is known last. */
function engineMistake(model: Model): Mistake | undefined {
  const { name, engine, format } = model;
  if (engine.kind !== "athena" || engine.largeOutput !== true || format === "table") {
    return undefined;
  }
  const error = new ContractError(
    `model ${name}`,
    `with largeOutput it has several files, as only an open table can have, and its format is ${format}`,
    'Give it format: "table", or remove largeOutput.',
    placeOf(model),
  );
  return { error, isMissing: false };
}

function relationshipMistake(
  { name, checks }: Model,
  named: ReadonlyMap<string, Table | Model>,
): Mistake | undefined {
  for (const check of checks) {
    if (check.kind !== "relationship") {
      continue;
    }
    const to = named.get(check.to);
    const columns = to?.columns.map((column) => column.name) ?? [];
    if (to === undefined || !columns.includes(check.toColumn)) {
      const [problem, hint] =
        to === undefined
          ? [`there is no table or model ${check.to}`, didYouMean(check.to, [...named.keys()])]
          : [`${to.name} has no column ${check.toColumn}`, didYouMean(check.toColumn, columns)];
      const where = `model ${name}, check ${checkName(check)}`;
      const error = new ContractError(where, problem, hint, placeOf(check));
      return { error, isMissing: to === undefined };
    }
  }
  return undefined;
}
