/**
 * What columns need of Arrow. They are given it, because gold imports the types of columns too: loading the library in vain would take a
 * tenth of its start.
 */
import {
  Bool,
  type Data,
  DateDay,
  Decimal,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
  Utf8,
} from "apache-arrow";

export const arrow = {
  Bool,
  DateDay,
  Decimal,
  Float64,
  Int32,
  Int64,
  makeData,
  TimestampMicrosecond,
  Utf8,
};

/** The constructors of a column's data. */
export type Arrow = typeof arrow;

/** A column in Arrow's layout. */
export type ArrowData = Data;
