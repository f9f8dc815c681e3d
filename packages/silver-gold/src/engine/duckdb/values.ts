/** Converts DuckDB's values to JSON without rounding. */
import {
  DuckDBTimestampValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";
import { timestampType } from "@lakehouse/transforms/types/timestamp";

const [first, last] = timestampType.extremes();

/**
 * Converts whole numbers to numbers if a double holds them exactly, otherwise to strings, and timestamps to UTC as in
 * silver. DuckDB's own conversion does the rest.
 */
export const exactJson: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === "bigint") {
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : String(value);
  }
  if (value instanceof DuckDBTimestampValue && value.micros >= first && value.micros <= last) {
    return timestampType.format(value.micros);
  }
  return JsonDuckDBValueConverter(value, type, converter);
};
