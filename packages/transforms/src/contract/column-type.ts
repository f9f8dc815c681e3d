/** The types a column can have, and the JavaScript value that holds each of them exactly. */

/** The type of a column. `precision` is the number of digits in all, `scale` of those after the point. */
export type ColumnType =
  | { readonly kind: "string" }
  | { readonly kind: "boolean" }
  | { readonly kind: "int32" }
  | { readonly kind: "int64" }
  | { readonly kind: "float64" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "date" }
  | { readonly kind: "timestamp" }
  | { readonly kind: "json" };

/** The name of a column type. */
export type Kind = ColumnType["kind"];

/** Kinds whose values have an order that all engines agree on. */
export type OrderedKind = "int32" | "int64" | "float64" | "decimal" | "date" | "timestamp";

/**
 * One value of a column.
 *
 * - int32, int64: bigint
 * - decimal: bigint, the unscaled value (12.50 with scale 2 is 1250n)
 * - date: bigint, days since 1970-01-01
 * - timestamp: bigint, microseconds since 1970-01-01T00:00:00Z
 * - float64: number; boolean: boolean; string and json: string
 */
export type Value = bigint | number | boolean | string | null;

/** The type as people write it: `decimal(18,2)`. */
export function typeName(type: ColumnType): string {
  return type.kind === "decimal" ? `decimal(${type.precision},${type.scale})` : type.kind;
}

/** The type as DuckDB and Athena write it in a declaration. */
export function sqlType(type: ColumnType): string {
  switch (type.kind) {
    case "string":
    case "json":
      return "VARCHAR";
    case "boolean":
      return "BOOLEAN";
    case "int32":
      return "INTEGER";
    case "int64":
      return "BIGINT";
    case "float64":
      return "DOUBLE";
    case "decimal":
      return `DECIMAL(${type.precision},${type.scale})`;
    case "date":
      return "DATE";
    case "timestamp":
      return "TIMESTAMP";
  }
}
