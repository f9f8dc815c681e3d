/** Iceberg's schemas. */
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { TableSchema } from "../table-schema.ts";

/** A schema as table metadata has it. */
export interface IcebergSchema {
  readonly type: "struct";
  readonly "schema-id": number;
  readonly fields: readonly IcebergField[];
}

interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: string;
  readonly doc?: string;
}

/** The schemas of a table with the current one. */
export function withSchema(
  schemas: readonly IcebergSchema[],
  { columns }: TableSchema,
): { readonly schemas: readonly IcebergSchema[]; readonly current: IcebergSchema } {
  const fields = columns.map(
    ({ id, name, type, nullable, description }): IcebergField => ({
      id,
      name,
      required: !nullable,
      type: definitionOf(type).iceberg(type),
      ...(description !== undefined && { doc: description }),
    }),
  );
  const text = JSON.stringify(fields);
  const known = schemas.find((schema) => JSON.stringify(schema.fields) === text);
  if (known !== undefined) {
    return { schemas, current: known };
  }
  const current: IcebergSchema = { type: "struct", "schema-id": schemas.length, fields };
  return { schemas: [...schemas, current], current };
}

/** Finds columns by name in files that have no field ids. */
export function nameMapping({ columns }: TableSchema): string {
  return JSON.stringify(columns.map(({ id, name }) => ({ "field-id": id, names: [name] })));
}
