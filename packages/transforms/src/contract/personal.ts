/** Personal data: what silver keeps of a column that `pii()` marks. */
import type { Table, TableColumn } from "./checked-table.ts";

/** What a masked string is, in silver and in the record that quarantine keeps. */
export const maskedText = "***";

/** The contract as records have it: before personal data is hashed, masked or dropped. */
export function recordTable<T extends Pick<Table, "columns" | "recordColumns">>(table: T): T {
  const { recordColumns } = table;
  return recordColumns === undefined
    ? table
    : { ...table, columns: recordColumns, recordColumns: undefined };
}

/** The columns that silver keeps. */
export function keptColumns(columns: readonly TableColumn[]): readonly TableColumn[] {
  return columns.flatMap(keptColumn);
}

function keptColumn(column: TableColumn): readonly TableColumn[] {
  const { name, path, type, nullable, description = "", pii } = column;
  const shared = { name, path, description: `${description} (personal data, ${pii})`.trim(), pii };
  switch (pii) {
    case undefined:
      return [column];
    case "hash":
      return [{ ...shared, type: { kind: "string" }, nullable }];
    case "mask":
      return [{ ...shared, type, nullable: nullable || type.kind !== "string" }];
    case "drop":
      return [];
  }
}

/** Whether a column holds personal data, or its elements do. */
export function isPersonalColumn({ pii, child }: Pick<TableColumn, "pii" | "child">): boolean {
  return pii !== undefined || child?.recordColumns !== undefined;
}

/** Whether the table's silver holds hashes, which need the key. */
export function needsPersonalKey({ columns }: Pick<Table, "columns">): boolean {
  return columns.some(
    ({ pii, child }) => pii === "hash" || (child !== undefined && needsPersonalKey(child)),
  );
}
