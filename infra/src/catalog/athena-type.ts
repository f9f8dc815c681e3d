/** The types of contracts as Glue declares them and as Athena's SQL names them, and how Athena reads them from CSV. */
import type { ColumnType } from "@lakehouse/transforms/contract/column-type";

/** The type in a table of the Glue catalog. */
export function glueType(type: ColumnType): string {
  switch (type.kind) {
    case "string":
    case "json":
      return "string";
    case "boolean":
      return "boolean";
    case "int32":
      return "int";
    case "int64":
      return "bigint";
    case "float64":
      return "double";
    case "decimal":
      return `decimal(${type.precision},${type.scale})`;
    case "date":
      return "date";
    case "timestamp":
      return "timestamp";
  }
}

/** The type in Athena's SQL; moments with all their microseconds. */
export function athenaType(type: ColumnType): string {
  switch (type.kind) {
    case "string":
    case "json":
      return "varchar";
    case "int32":
      return "integer";
    case "timestamp":
      return "timestamp(6)";
    default:
      return glueType(type);
  }
}

/** A column as views read it from CSV. */
export interface CsvColumn {
  readonly name: string;
  readonly type: ColumnType;
  readonly nullable: boolean;
}

/**
 * The SQL that gives a column its type again. CSV's reader in Athena gives texts, and an empty one for null: so
 * an empty text counts as null, except where a column cannot be null. What is no value of the type fails the query.
 */
export function fromCsv({ name, type, nullable }: CsvColumn): string {
  const column = sqlName(name);
  const text = type.kind === "string" && !nullable ? column : `nullif(${column}, '')`;
  switch (type.kind) {
    case "string":
    case "json":
      return text;
    case "timestamp":
      return `cast(from_iso8601_timestamp_nanos(${text}) at time zone 'UTC' as timestamp(6))`;
    default:
      return `cast(${text} as ${athenaType(type)})`;
  }
}

/** A name in double quotes. */
export function sqlName(name: string): string {
  return `"${name}"`;
}
