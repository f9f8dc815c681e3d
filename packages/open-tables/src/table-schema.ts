/** The schema of an open table: what its metadata says about columns and partitions. */
import { type Partitioning, partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import type { DataFile } from "./data-file.ts";

/** A column of an open table. */
export interface OpenColumn {
  /** Iceberg finds columns by it, so another column never gets it. */
  readonly id: number;
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
  readonly description?: string | undefined;
}

/** The schema of one version of an open table. */
export interface TableSchema {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly OpenColumn[];
  /** Undefined if the table is one partition. */
  readonly partitionBy?: Partitioning | undefined;
}

/** What a schema is made of: the parts of a contract, for example. */
export interface SchemaContract extends Pick<Table, "name" | "description" | "partitionBy"> {
  readonly columns: readonly Omit<OpenColumn, "id">[];
}

/**
 * The schema that a contract gives an open table.
 *
 * @param ids The id of each column, by name.
 */
export function schemaOf(
  { name, description, columns, partitionBy }: SchemaContract,
  ids: ReadonlyMap<string, number>,
): TableSchema {
  return {
    name,
    description,
    columns: columns.map((column): OpenColumn => {
      const id = ids.get(column.name);
      if (id === undefined) {
        throw new TypeError(`Column ${name}.${column.name} has no id.`);
      }
      const { type, nullable } = column;
      const documented =
        (column.description ?? "") === "" ? {} : { description: column.description };
      return { id, name: column.name, type, nullable, ...documented };
    }),
    partitionBy,
  };
}

/**
 * The schema with the columns nullable that have nulls in these files: a column that was added later has only nulls in
 * older ones. A column that was nullable stays so, because readers don't expect it to change back.
 */
export function withNulls(
  schema: TableSchema,
  files: readonly DataFile[],
  before: TableSchema | undefined,
): TableSchema {
  const nullable = new Set(
    (before?.columns ?? []).filter((column) => column.nullable).map(({ id }) => id),
  );
  const columns = schema.columns.map((column) => {
    const hasNulls = (file: DataFile) => file.rows > 0 && file.columns[column.name]?.nulls !== 0;
    const isNullable = column.nullable || nullable.has(column.id) || files.some(hasNulls);
    return { ...column, nullable: isNullable };
  });
  return { ...schema, columns };
}

/** The name of the partition key in folders and in Delta's schema; undefined if the table is not partitioned. */
export function partitionKeyOf({ partitionBy }: TableSchema): string | undefined {
  return partitionBy === undefined ? undefined : partitionKeyName(partitionBy);
}
