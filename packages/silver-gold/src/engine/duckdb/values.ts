/** DuckDB's values as JSON, none of them rounded. */
import {
  DuckDBTimestampValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";
import { timestampType } from "@lakehouse/transforms/types/timestamp";

const [first, last] = timestampType.extremes();

/**
 * Writes whole numbers as numbers where a double holds them exactly and as strings otherwise, and timestamps in UTC as
 * silver has them. DuckDB's own conversion does the rest.
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
