/** Values in ClickHouse's SQL. */
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf } from "@lakehouse/transforms/types/types";

/** Dates and timestamps that ClickHouse has no value for are left to Trino. */
const narrow: Readonly<Record<string, readonly string[]>> = {
  date: ["1900-01-01", "2299-12-31", "1969-12-31"],
  timestamp: [
    "1900-01-01T00:00:00.000000Z",
    "2299-12-31T23:59:59.999999Z",
    "1969-12-31T23:59:59.999999Z",
    "2026-11-01T00:00:00.000500Z",
  ],
  string: [
    `x${"\u{10ffff}".repeat(40)}`,
    "\uffff".repeat(40),
    `ü${"z".repeat(31)}é`,
    `😀${"é".repeat(40)}`,
  ],
  decimal: [],
};

/** Values at the limits of a type and of ClickHouse, as canonical text. */
export function limitsOf(type: ColumnType): readonly string[] {
  const limits = definitionOf(type)
    .extremes(type)
    .map((value) => formatValue(type, value));
  const isDated = type.kind === "date" || type.kind === "timestamp";
  return [...(isDated ? [] : limits), ...(narrow[type.kind] ?? [])];
}

/** A column's values in the form of our canonical text. */
export function textOf({
  name,
  type,
}: {
  readonly name: string;
  readonly type: ColumnType;
}): string {
  switch (type.kind) {
    case "timestamp":
      return `concat(replaceOne(toString(${name}), ' ', 'T'), 'Z')`;
    case "decimal":
      return `toDecimalString(${name}, ${type.scale})`;
    case "float64":
      return `replaceOne(toString(${name}), 'e3', 'e+3')`;
    default:
      return `toString(${name})`;
  }
}

/** A value as ClickHouse's SQL. */
export function sqlOf(type: ColumnType, text: string): string {
  const quoted = `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  switch (type.kind) {
    case "timestamp":
      return `parseDateTime64BestEffort(${quoted}, 6, 'UTC')`;
    case "date":
      return `toDate32(${quoted})`;
    case "decimal":
      return `toDecimal128(${quoted}, ${type.scale})`;
    case "float64":
      return `toFloat64(${quoted})`;
    case "int32":
    case "int64":
      return `toInt64(${quoted})`;
    case "boolean":
      return text;
    default:
      return quoted;
  }
}
