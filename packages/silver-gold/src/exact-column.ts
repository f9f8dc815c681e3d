/** Columns of silver with the contract's types: a value that would change on the way is an error. */
import type { ColumnType } from "@lakehouse/transforms/contract/column-type";
import { typeName } from "@lakehouse/transforms/contract/column-type";
import pl from "nodejs-polars";

/** What Polars calls a type. */
export function polarsType(type: ColumnType): pl.DataType {
  switch (type.kind) {
    case "string":
    case "json":
      return pl.String;
    case "boolean":
      return pl.Bool;
    case "int32":
      return pl.Int32;
    case "int64":
      return pl.Int64;
    case "float64":
      return pl.Float64;
    case "decimal":
      return pl.Decimal(type.precision, type.scale);
    case "date":
      return pl.Date;
    case "timestamp":
      return pl.Datetime("us");
  }
}

/**
 * A column with the contract's type.
 *
 * @param column As text (from CSV) or typed (from Parquet).
 * @param refuse Throws; is given the problem, without values.
 */
export function exactColumn(
  column: pl.Series,
  type: ColumnType,
  refuse: (problem: string) => never,
): pl.Series {
  const target = polarsType(type);
  const isText = column.dtype.equals(pl.String);
  const cast = isText ? fromText(column, type, refuse) : column.cast(target, true);
  if (cast.nullCount() !== column.nullCount()) {
    refuse(`has values that are no ${typeName(type)}`);
  }
  if (!isText && !column.dtype.equals(target) && !isSame(cast.cast(column.dtype), column)) {
    refuse(`has values that do not fit ${typeName(type)}`);
  }
  return cast;
}

function fromText(
  column: pl.Series,
  type: ColumnType,
  refuse: (problem: string) => never,
): pl.Series {
  const target = polarsType(type);
  switch (type.kind) {
    case "boolean":
      return select(
        column,
        pl
          .when(pl.col(column.name).eq(pl.lit("true")))
          .then(pl.lit(true))
          .when(pl.col(column.name).eq(pl.lit("false")))
          .then(pl.lit(false))
          .otherwise(pl.lit(null)),
      );
    case "decimal": {
      const cast = column.cast(target, true);
      // Polars cuts surplus places off; in our dialect the text has exactly as many as the scale.
      if (!hasScale(column, type.scale) && !isSameNumber(cast, column)) {
        refuse(`has values with more places than ${typeName(type)}`);
      }
      return cast;
    }
    case "timestamp": {
      const text = pl.col(column.name);
      const utc = text.str.contains("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$");
      if (falseCount(column, utc) > 0) {
        refuse("has values that are no timestamp in UTC");
      }
      return select(column, text.str.stripCharsEnd("Z").cast(target, true));
    }
    default:
      return column.cast(target, true);
  }
}

/** Whether each text has the point where `scale` places ask for it. */
function hasScale(column: pl.Series, scale: number): boolean {
  const text = pl.col(column.name);
  const well =
    scale === 0 ? text.str.contains("^-?\\d+$") : text.str.slice(-(scale + 1), 1).eq(pl.lit("."));
  return falseCount(column, well) === 0;
}

/** Whether each decimal is the number that its text says, trailing zeros apart. */
function isSameNumber(cast: pl.Series, column: pl.Series): boolean {
  const plain = (text: pl.Expr) => text.str.replace("(\\.\\d*?)0+$", "$1").str.replace("\\.$", "");
  const before = select(column, plain(pl.col(column.name)));
  const after = select(cast, plain(pl.col(cast.name).cast(pl.String)));
  return isSame(before, after);
}

function isSame(a: pl.Series, b: pl.Series): boolean {
  return a.seriesEqual(b, true);
}

function select(column: pl.Series, expression: pl.Expr): pl.Series {
  return pl.DataFrame([column]).select(expression.alias(column.name)).getColumn(column.name);
}

function falseCount(column: pl.Series, condition: pl.Expr): number {
  return select(column, condition.not().cast(pl.Int64)).sum();
}
