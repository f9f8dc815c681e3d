/** Validates a child against its parent. Its own columns and rules were validated as those of a table. */
import { ContractError } from "../errors.ts";
import { placeOf } from "../mistakes/place.ts";
import type { Child, Table, TableColumn } from "./checked-table.ts";
import { positionColumn } from "./child.ts";

/** @throws ContractError if the column holds a child that doesn't fit its parent. */
export function checkChild(parent: Table, { name, child }: TableColumn): void {
  if (child === undefined) {
    return;
  }
  if (name === parent.name) {
    throw new ContractError(
      `${parent.name}, child ${name}`,
      "it has the name of its parent",
      "Rename it.",
    );
  }
  const inherited = inheritedColumns(parent).map((column) => column.name);
  if (inherited.includes(positionColumn)) {
    throw new ContractError(
      `${parent.name}.${positionColumn}`,
      `its children have a column of this name, the number of the element, and one from their parent's row`,
      `Rename it: row_${positionColumn}: ….from("${positionColumn}").`,
    );
  }
  for (const column of child.columns) {
    const isPosition = column.name === positionColumn;
    if (isPosition || inherited.includes(column.name)) {
      throw new ContractError(
        `${name}.${column.name}`,
        isPosition
          ? "each child has a column of this name already: the number of the element, from 0"
          : `each child of ${parent.name} has a column of this name already, from its parent's row`,
        `Rename it, and say what it reads: line_${column.name}: ….from("${column.name}").`,
      );
    }
  }
  const removing = child.expectations.find(({ consequence }) => consequence !== "quarantine");
  if (removing !== undefined) {
    const problem = `its expectation ${JSON.stringify(removing.name)} says "${removing.consequence}", but a broken rule of a child quarantines the record`;
    throw new ContractError(
      `${parent.name}, child ${name}`,
      problem,
      `Remove "${removing.consequence}".`,
      placeOf(removing),
    );
  }
}

/** The columns that a child has from its parent: the key, and the column of the partitioning. */
export function inheritedColumns({
  columns,
  primaryKey,
  partitionBy,
}: Pick<Table, "columns" | "primaryKey" | "partitionBy">): readonly TableColumn[] {
  const names = new Set([
    ...primaryKey,
    ...(partitionBy === undefined ? [] : [partitionBy.column]),
  ]);
  return [...names].flatMap((name) => columns.find((column) => column.name === name) ?? []);
}

/** The columns that identify a row of a child. None if its parent is append-only. */
export function childKeyOf(
  { primaryKey }: Pick<Table, "primaryKey">,
  child: Pick<Child, "primaryKey">,
): readonly string[] {
  const own = child.primaryKey.length === 0 ? [positionColumn] : child.primaryKey;
  return primaryKey.length === 0 ? [] : [...primaryKey, ...own];
}
