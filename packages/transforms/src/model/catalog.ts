/** All tables and models of a lakehouse, checked against each other. */
import type { Table } from "../contract/table.ts";
import { ContractError } from "../errors.ts";
import type { Model } from "./model.ts";

/** The tables and models of a lakehouse. */
export interface Catalog {
  readonly tables: readonly Table[];
  readonly models: readonly Model[];
}

/**
 * Combines tables and models.
 *
 * @throws ContractError when two share a name, or an incremental model's table is not among the tables.
 */
export function defineCatalog(tables: readonly Table[], models: readonly Model[]): Catalog {
  const names = new Set<string>();
  for (const { name } of [...tables, ...models]) {
    if (names.has(name)) {
      throw new ContractError(name, "two tables or models have this name", "Rename one of them.");
    }
    names.add(name);
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
