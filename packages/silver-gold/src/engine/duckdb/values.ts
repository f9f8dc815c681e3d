/** DuckDB's values as JSON, none of them rounded. */
import {
  DuckDBTimestampValue,
  type DuckDBValueConverter,
  type Json,
  JsonDuckDBValueConverter,
} from "@duckdb/node-api";
import { timestampText } from "@lakehouse/transforms/values/timestamp";

const microsecondsOfYear1 = -62_135_596_800_000_000n;
const microsecondsOfYear10000 = 253_402_300_800_000_000n;

/**
 * Writes whole numbers as numbers where a double holds them exactly and as strings otherwise, and timestamps in UTC as
 * silver has them. DuckDB's own conversion does the rest.
 */
export const exactJson: DuckDBValueConverter<Json> = (value, type, converter) => {
  if (typeof value === "bigint") {
    const asNumber = Number(value);
    return Number.isSafeInteger(asNumber) ? asNumber : String(value);
  }
  if (
    value instanceof DuckDBTimestampValue &&
    value.micros >= microsecondsOfYear1 &&
    value.micros < microsecondsOfYear10000
  ) {
    return timestampText(value.micros);
  }
  return JsonDuckDBValueConverter(value, type, converter);
};
