/** Columns of silver with the contract's types: a value that would change on the way is counted, and so refused. */
import type { ColumnType } from "@lakehouse/transforms/contract/column-type";
import pl from "nodejs-polars";

/** How to read one column. */
export interface ExactColumn {
  /** The column with the contract's type; Polars throws for values that it cannot cast. */
  readonly cast: pl.Expr;
  /** How many values are not what the type asks for; undefined where Polars' cast finds them all. */
  readonly wrong?: pl.Expr;
  /** Asked when some are wrong: how many are so in fact. Slower. */
  readonly wrongIndeed?: pl.Expr;
}

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

/** A column that a file does not have, as one of an older contract: null throughout. */
export function missingColumn(name: string, type: ColumnType): ExactColumn {
  return { cast: pl.lit(null).cast(polarsType(type)).alias(name) };
}

/** A column that a Parquet file has, of whatever type. */
export function columnFromTyped(name: string, type: ColumnType, found: pl.DataType): ExactColumn {
  const target = polarsType(type);
  if (found.equals(target)) {
    return { cast: pl.col(name) };
  }
  const cast = pl.col(name).cast(target, true).alias(name);
  const back = pl.col(name).cast(target, true).cast(found);
  return { cast, wrong: count(back.neq(pl.col(name)), name) };
}

/** A column that a CSV file has, as text. */
export function columnFromText(name: string, type: ColumnType): ExactColumn {
  const text = pl.col(name);
  const target = polarsType(type);
  switch (type.kind) {
    case "string":
    case "json":
      return { cast: text };
    case "boolean":
      return {
        cast: pl
          .when(text.eq(pl.lit("true")))
          .then(pl.lit(true))
          .when(text.eq(pl.lit("false")))
          .then(pl.lit(false))
          .otherwise(pl.lit(null))
          .alias(name),
        wrong: count(text.isIn(["true", "false"]).not(), name),
      };
    case "decimal":
      // Polars cuts surplus places off; in our dialect the text has exactly as many as the scale.
      return {
        cast: text.cast(target, true).alias(name),
        wrong: count(hasScale(text, type.scale).not(), name),
        wrongIndeed: count(
          plainNumber(text).neq(plainNumber(text.cast(target).cast(pl.String))),
          name,
        ),
      };
    case "timestamp":
      return {
        cast: text.str.stripCharsEnd("Z").cast(target, true).alias(name),
        wrong: count(
          text.str.contains("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,6})?Z$").not(),
          name,
        ),
      };
    default:
      return { cast: text.cast(target, true).alias(name) };
  }
}

/** Whether a text has its point where `scale` places ask for it. */
function hasScale(text: pl.Expr, scale: number): pl.Expr {
  return scale === 0
    ? text.str.contains("^-?\\d+$")
    : text.str.slice(-(scale + 1), 1).eq(pl.lit("."));
}

/** The text of a number without zeros at the end of its places. */
function plainNumber(text: pl.Expr): pl.Expr {
  return text.str.replace("(\\.\\d*?)0+$", "$1").str.replace("\\.$", "");
}

/** How many rows a condition holds for; null is not counted. */
function count(condition: pl.Expr, name: string): pl.Expr {
  return condition.cast(pl.Int64).sum().alias(name);
}
