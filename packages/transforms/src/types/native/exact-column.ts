/** Reads columns of files with the contract's types. Values that would change on the way are counted, to be refused. */
import pl from "nodejs-polars";
import type { ColumnType } from "../types.ts";
import { nativeOf } from "./native-types.ts";

/** How to read one column. */
export interface ExactColumn {
  /** The column with the contract's type. Polars throws for values that it cannot cast. */
  readonly cast: pl.Expr;
  /** How many values are not of the type. Undefined if Polars' cast finds them all. */
  readonly wrong?: pl.Expr;
  /** The exact count, slower. Needed only if `wrong` counts any. */
  readonly reallyWrong?: pl.Expr;
}

/** A column that a file lacks, because it is from an older contract: all null. */
export function missingColumn(name: string, type: ColumnType): ExactColumn {
  return { cast: pl.lit(null).cast(polarsType(type)).alias(name) };
}

/** The type that a column has in Polars. */
export function polarsType(type: ColumnType): pl.DataType {
  return nativeOf(type).polars(type);
}

/** A column of a CSV file, read as text. */
export function columnFromText(name: string, type: ColumnType): ExactColumn {
  const { value, wrong, reallyWrong } = nativeOf(type).fromText(pl.col(name), type);
  return {
    cast: value.alias(name),
    ...(wrong && { wrong: count(wrong, name) }),
    ...(reallyWrong && { reallyWrong: count(reallyWrong, name) }),
  };
}

/** A column of a Parquet file, of any type. */
export function columnFromTyped(name: string, type: ColumnType, found: pl.DataType): ExactColumn {
  const native = nativeOf(type);
  const column = pl.col(name);
  const target = native.polars(type);
  if (found.equals(target)) {
    const holds = native.holds?.(column, type);
    return { cast: column, ...(holds && { wrong: count(holds.not(), name) }) };
  }
  const cast = column.cast(target, true);
  const changed = cast.cast(found).neq(column);
  const holds = native.holds?.(cast, type);
  return {
    cast: cast.alias(name),
    wrong: count(holds === undefined ? changed : changed.or(holds.not()), name),
  };
}

/** How many rows satisfy a condition. Null does not count. */
function count(condition: pl.Expr, name: string): pl.Expr {
  return condition.cast(pl.Int64).sum().alias(name);
}
