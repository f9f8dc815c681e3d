/** Tables for tests: every column type at its limits, one row a file, so that each bound matters. */
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf, exampleTypes } from "@lakehouse/transforms/types/types";
import type { ColumnStatistics, DataFile } from "../../src/data-file.ts";
import type { TableChange } from "../../src/open-table.ts";
import type { OpenColumn, TableSchema } from "../../src/table-schema.ts";

export const day = 86_400_000;

/** A column that may be null. */
export function column(id: number, name: string, type: ColumnType): OpenColumn {
  return { id, name, type, nullable: true };
}

/** A column of every type. */
export const everyType: readonly OpenColumn[] = exampleTypes.map((type, index) =>
  column(index + 1, `c${index}`, type),
);

/** The limits of a type, as canonical text. */
export function limitsOf(type: ColumnType): readonly string[] {
  return definitionOf(type)
    .extremes(type)
    .map((value) => formatValue(type, value));
}

/** A small table, divided by month. */
export const orders: TableSchema = {
  name: "orders",
  description: "What customers bought",
  columns: [
    { id: 1, name: "order_id", type: { kind: "int64" }, nullable: false },
    { id: 2, name: "amount", type: { kind: "decimal", precision: 18, scale: 2 }, nullable: true },
    {
      id: 3,
      name: "order_date",
      type: { kind: "date" },
      nullable: false,
      description: 'When they "ordered"',
    },
  ],
  partitionBy: { unit: "month", column: "order_date" },
};

/** A file of one month of orders. */
export function orderFile(name: string, partition: string, rows = 10): DataFile {
  const exact = (min: string, max: string): ColumnStatistics => ({ nulls: 0, min, max, bytes: 40 });
  return {
    path: `order_date_month=${partition}/${name}.parquet`,
    partition,
    rows,
    bytes: rows * 100,
    columns: {
      order_id: exact("1", String(rows)),
      amount: exact("0.99", "12.50"),
      order_date: exact(`${partition}-01`, `${partition}-28`),
    },
  };
}

/** A change of the orders. */
export function changeTo(files: readonly DataFile[], rest: Partial<TableChange> = {}): TableChange {
  return {
    run: 1,
    at: Date.parse("2026-11-01T06:00:00Z"),
    operation: "overwrite",
    schema: orders,
    files,
    location: "s3://lake/orders",
    retention: 7 * day,
    formats: ["delta", "iceberg"],
    ...rest,
  };
}
