/** The SQL of the page's rows: sorted, filtered, one part at a time. Values are strings of SQL, cast to the column's type. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { FilterData, SortData } from "@lakehouse/page/data";
import type { ResultColumn } from "../engine/engine.ts";
import { UnknownColumnError } from "../errors.ts";
import { kindOfResult } from "./column-kind.ts";

/** What rows are selected from. */
export interface SelectedRelation {
  readonly name: string;
  readonly columns: readonly ResultColumn[];
  /** The columns that no two rows have in common; empty if that is not known. */
  readonly primaryKey: readonly string[];
}

/** `from … where …`. @param more Further conditions, as SQL. @throws UnknownColumnError */
export function fromSql(
  relation: SelectedRelation,
  filters: readonly FilterData[] = [],
  ...more: readonly string[]
): string {
  const conditions = [...filters.map((filter) => conditionSql(relation, filter)), ...more];
  const where = conditions.length === 0 ? "" : ` where ${conditions.join(" and ")}`;
  return `from ${identifier(relation.name)}${where}`;
}

/** `order by …`. The order is total, so that parts fit together; empty for the order of the files. */
export function orderSql(relation: SelectedRelation, sort: readonly SortData[] = []): string {
  if (sort.length === 0) {
    return "";
  }
  const { columns, primaryKey } = relation;
  const rest = primaryKey.length > 0 ? primaryKey : columns.map(({ name }) => name);
  const chosen = new Set(sort.map(({ column }) => column));
  const keys = [
    ...sort.map(
      ({ column, descending }) => `${named(relation, column)}${descending ? " desc" : ""}`,
    ),
    ...rest.filter((name) => !chosen.has(name)).map(identifier),
  ];
  return ` order by ${keys.map((key) => `${key} nulls last`).join(", ")}`;
}

function conditionSql(relation: SelectedRelation, filter: FilterData): string {
  const column = named(relation, filter.column);
  switch (filter.operator) {
    case "is null":
    case "is not null":
      return `${column} ${filter.operator}`;
    case "contains":
      return `contains(lower(cast(${column} as varchar)), lower(${literal(filter.value)}))`;
    default: {
      const type = relation.columns.find(({ name }) => name === filter.column)?.type ?? "VARCHAR";
      return kindOfResult(type) === "other"
        ? `cast(${column} as varchar) ${filter.operator} ${literal(filter.value)}`
        : `${column} ${filter.operator} cast(${literal(filter.value)} as ${type})`;
    }
  }
}

/** @throws UnknownColumnError */
export function named({ name, columns }: SelectedRelation, column: string): string {
  if (!columns.some((each) => each.name === column)) {
    throw new UnknownColumnError(
      name,
      column,
      columns.map((each) => each.name),
    );
  }
  return identifier(column);
}
