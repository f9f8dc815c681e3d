/** What a merge must know of new rows to decide what becomes of them. Pure. */
import type { Table } from "@lakehouse/transforms/contract/table";
import { columnsOf } from "@lakehouse/transforms/validate/condition";
import { arrivalColumns } from "./engine.ts";

/** Names that DuckDB has for the position of a row. */
export const positions = ["file_index", "file_row_number"] as const;

type Decided = Pick<Table, "columns" | "primaryKey" | "partitionBy" | "orderBy" | "deleteWhen">;

/** Whether DuckDB can say where a row is in its file, so that whoever decides about rows need not have all of them. */
export function havePositions({ columns }: Pick<Table, "columns">): boolean {
  const names: readonly string[] = positions;
  return !columns.some(({ name }) => names.includes(name.toLowerCase()));
}

/** The columns that say which row of a key is the latest, which partition it belongs to, and whether it deletes its key. */
export function decidingColumns({
  columns,
  primaryKey,
  partitionBy,
  orderBy,
  deleteWhen,
}: Decided): readonly string[] {
  const deciding = new Set([
    ...primaryKey,
    ...orderBy,
    ...(partitionBy === undefined ? [] : [partitionBy.column]),
    ...(deleteWhen === undefined ? [] : columnsOf(deleteWhen)),
  ]);
  const names = columns.map(({ name }) => name).filter((name) => deciding.has(name));
  return [...names, ...arrivalColumns];
}
