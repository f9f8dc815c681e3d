/** Converts DuckDB's values to JSON without rounding. */
import {
  DuckDBDateValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";
import { timestampType } from "@lakehouse/transforms/types/timestamp";

const [first, last] = timestampType.extremes();

/** Types whose infinite values the driver writes as days in years such as 5881580. */
const withInfinity = [
  DuckDBDateValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
];

/**
 * Converts whole numbers to numbers if a double holds them exactly, otherwise to strings, and timestamps to UTC as in
 * silver, and infinite dates and timestamps to DuckDB's words for them. DuckDB's own conversion does the rest.
 */
export const exactJson: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === "bigint") {
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : String(value);
  }
  if (value instanceof DuckDBTimestampValue && value.micros >= first && value.micros <= last) {
    return timestampType.format(value.micros);
  }
  for (const type of withInfinity) {
    if (value instanceof type && !value.isFinite) {
      return String(value) === String(type.PosInf) ? "infinity" : "-infinity";
    }
  }
  return JsonDuckDBValueConverter(value, type, converter);
};
