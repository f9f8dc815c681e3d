/** The columns of a file: those of contracts and models, and quarantine's nested one. */
import { sqlType } from "@lakehouse/transforms/types/column-type";
import type { ColumnType } from "@lakehouse/transforms/types/types";

/** A list of objects with these fields. Contracts have none; quarantine's reasons are one. */
export interface ObjectsType {
  readonly kind: "objects";
  readonly fields: Readonly<Record<string, ColumnType>>;
}

/** The type of a column of a file. */
export type FileColumnType = ColumnType | ObjectsType;

/** A column of a file. */
export interface FileColumn {
  readonly name: string;
  readonly type: FileColumnType;
}

/** Narrows a type to those of contracts, for formats that hold no others. */
export function contractType(type: FileColumnType): ColumnType {
  if (type.kind === "objects") {
    throw new TypeError("This format can't hold a list of objects.");
  }
  return type;
}

/** The type as DuckDB writes it in a declaration. */
export function duckDbType(type: FileColumnType): string {
  if (type.kind !== "objects") {
    return sqlType(type);
  }
  const fields = Object.entries(type.fields).map(([name, field]) => `"${name}" ${sqlType(field)}`);
  return `STRUCT(${fields.join(", ")})[]`;
}
