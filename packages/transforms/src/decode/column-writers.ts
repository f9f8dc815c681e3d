/** The writer for each column type. */
import type { TableColumn } from "../contract/table.ts";
import type { ColumnWriter } from "./column-writer.ts";
import {
  DateWriter,
  DecimalWriter,
  Float64Writer,
  Int32Writer,
  Int64Writer,
  TimestampWriter,
} from "./number-writers.ts";
import { BooleanWriter, TextWriter } from "./text-writers.ts";

/** A writer for the column with that index, with room for `capacity` rows. */
export function columnWriter(
  { type, pattern }: TableColumn,
  index: number,
  capacity: number,
): ColumnWriter {
  switch (type.kind) {
    case "int32":
      return new Int32Writer(index, capacity);
    case "int64":
      return new Int64Writer(index, capacity);
    case "timestamp":
      return new TimestampWriter(index, capacity);
    case "decimal":
      return new DecimalWriter(index, capacity, type.precision, type.scale);
    case "date":
      return new DateWriter(index, capacity);
    case "float64":
      return new Float64Writer(index, capacity);
    case "boolean":
      return new BooleanWriter(index, capacity);
    case "string":
      return new TextWriter(index, capacity, false, pattern);
    case "json":
      return new TextWriter(index, capacity, true, undefined);
  }
}
