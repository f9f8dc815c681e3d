/** What silver keeps of a frame with personal data. */
import pl from "nodejs-polars";
import type { Table, TableColumn } from "../contract/checked-table.ts";
import { maskedText } from "../contract/personal.ts";
import { nativeOf } from "../types/native/native-types.ts";

/** The column of a frame that holds a column's hashes. No column of a contract has a space in its name. */
export function hashesName(column: string): string {
  return `hashes of ${column}`;
}

/** The columns to select, in silver's order. Undefined if no column is personal. */
export function keptSelection({ recordColumns }: Pick<Table, "recordColumns">) {
  return recordColumns?.flatMap(kept);
}

function kept({ name, type, pii }: TableColumn): pl.Expr[] {
  switch (pii) {
    case undefined:
      return [pl.col(name)];
    case "hash":
      return [pl.col(hashesName(name)).alias(name)];
    case "mask": {
      const masked =
        type.kind === "string"
          ? pl.when(pl.col(name).isNull()).then(pl.lit(null)).otherwise(pl.lit(maskedText))
          : pl.lit(null);
      return [masked.cast(nativeOf(type).polars(type)).alias(name)];
    }
    case "drop":
      return [];
  }
}
