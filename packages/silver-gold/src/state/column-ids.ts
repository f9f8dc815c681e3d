/** The ids of columns in data files. Iceberg finds a column by its id, so an id is never used for another column. */
import type { TableColumn } from "@lakehouse/transforms/contract/table";
import { typeName } from "@lakehouse/transforms/types/column-type";
import * as z from "zod";

export const columnIdsSchema = z.object({
  /** The greatest id that a column ever had. */
  last: z.number(),
  /** By column name. A column of another type has another id. */
  columns: z.record(z.string(), z.object({ id: z.number(), type: z.string() })),
});

/** The ids of a table's columns. */
export type ColumnIds = z.infer<typeof columnIdsSchema>;

/** The ids before the first run. */
export const noColumnIds: ColumnIds = { last: 0, columns: {} };

/** The ids of a contract's columns: those that they had, and new ones. */
export function nextColumnIds(
  { last, columns: known }: ColumnIds,
  columns: readonly Pick<TableColumn, "name" | "type">[],
): ColumnIds {
  let next = last;
  const ids = columns.map(({ name, type }) => {
    const before = known[name];
    const same = before?.type === typeName(type) ? before : undefined;
    if (same === undefined) {
      next += 1;
    }
    return [name, same ?? { id: next, type: typeName(type) }] as const;
  });
  return { last: next, columns: Object.fromEntries(ids) };
}

/** The ids that columns have. */
export function columnIdsOf(
  columns: readonly (Pick<TableColumn, "name" | "type"> & { readonly id: number })[],
): ColumnIds {
  return {
    last: Math.max(0, ...columns.map(({ id }) => id)),
    columns: Object.fromEntries(
      columns.map(({ id, name, type }) => [name, { id, type: typeName(type) }]),
    ),
  };
}

/** The ids by column name. */
export function idsByName({
  columns,
}: Pick<ColumnIds, "columns">): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(columns).map(([name, { id }]) => [name, id]));
}
