/** All tables and models of a lakehouse, checked against each other. */
import type { Table } from "../contract/table.ts";
import { ContractError } from "../errors.ts";
import { didYouMean } from "../mistakes/nearest.ts";
import { placeOf } from "../mistakes/place.ts";
import { checkName } from "./check.ts";
import type { Model } from "./model.ts";

/** The tables and models of a lakehouse. */
export interface Catalog {
  readonly tables: readonly Table[];
  readonly models: readonly Model[];
}

/**
 * Combines tables and models.
 *
 * @throws ContractError if two share a name, or a model refers to a table, model or column that does not exist.
 */
export function defineCatalog(tables: readonly Table[], models: readonly Model[]): Catalog {
  const named = new Map<string, Table | Model>();
  for (const each of [...tables, ...models]) {
    const other = named.get(each.name);
    if (other !== undefined) {
      const place = placeOf(other);
      throw new ContractError(
        each.name,
        `two tables or models have this name${place === undefined ? "" : `, the other at ${place}`}`,
        "Rename one of them.",
        placeOf(each),
      );
    }
    named.set(each.name, each);
  }
  for (const model of models) {
    checkRelationships(model, named);
  }
  for (const { name, materialization } of models) {
    if (materialization.kind === "incremental" && !tables.includes(materialization.table)) {
      throw new ContractError(
        `model ${name}`,
        `it is incremental by ${materialization.table.name}, which is not a table of this lakehouse`,
        "Use a table of packages/tables.",
      );
    }
  }
  return { tables, models };
}

function checkRelationships(
  { name, checks }: Model,
  named: ReadonlyMap<string, Table | Model>,
): void {
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
      throw new ContractError(
        `model ${name}, check ${checkName(check)}`,
        problem,
        hint,
        placeOf(check),
      );
    }
  }
}
