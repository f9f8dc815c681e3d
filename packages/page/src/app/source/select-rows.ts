/** Sorts and filters rows that the page has, as the server does for those that it has not. */
import type {
  FilterData,
  ResultColumnData,
  RowsPage,
  RowsRequest,
  SortData,
  Value,
} from "../../data.ts";
import { valueText } from "../value-text.ts";
import { compareNumbers } from "./compare-numbers.ts";

type Row = readonly Value[];

/** The part of the rows that is asked for. The total is the number of rows that pass the filters. */
export function selectRows(
  page: Pick<RowsPage, "columns" | "rows">,
  { sort = [], filters = [], offset, limit }: Omit<RowsRequest, "relation">,
): RowsPage {
  const { columns } = page;
  const passing = page.rows.filter((row) =>
    filters.every((filter) => passes(filter, columns, row)),
  );
  const sorted =
    sort.length === 0 ? passing : passing.toSorted((a, b) => compareRows(sort, columns, a, b));
  return {
    columns,
    rows: sorted.slice(offset, offset + limit),
    total: passing.length,
    state: "",
  };
}

function passes(filter: FilterData, columns: readonly ResultColumnData[], row: Row): boolean {
  const index = columns.findIndex(({ name }) => name === filter.column);
  const value = row[index] ?? null;
  switch (filter.operator) {
    case "is null":
      return value === null;
    case "is not null":
      return value !== null;
    case "contains":
      return value !== null && valueText(value).toLowerCase().includes(filter.value.toLowerCase());
    case "=":
    case "<>":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return value !== null && holds(filter.operator, compare(columns[index], value, filter.value));
  }
}

function holds(operator: "=" | "<>" | "<" | "<=" | ">" | ">=", order: number): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "<>":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** Nulls are last, in both directions. */
function compareRows(
  sort: readonly SortData[],
  columns: readonly ResultColumnData[],
  a: Row,
  b: Row,
): number {
  for (const { column, descending } of sort) {
    const index = columns.findIndex(({ name }) => name === column);
    const left = a[index] ?? null;
    const right = b[index] ?? null;
    if (left === null || right === null) {
      if (left !== right) {
        return left === null ? 1 : -1;
      }
      continue;
    }
    const order = compare(columns[index], left, right);
    if (order !== 0) {
      return descending ? -order : order;
    }
  }
  return 0;
}

function compare(column: ResultColumnData | undefined, a: Value, b: Value): number {
  const left = valueText(a);
  const right = valueText(b);
  if (column?.kind === "number") {
    return compareNumbers(left, right);
  }
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}
