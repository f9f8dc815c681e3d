/** Conditions as Polars expressions; gives what `evaluate` gives, a column at a time. */
import pl from "nodejs-polars";
import type { ColumnType, Value } from "../contract/column-type.ts";
import type { Comparison, ConditionNode } from "../contract/condition.ts";
import { decimalText } from "../values/decimal.ts";
import { literalValue } from "./condition.ts";

type Expr = ReturnType<typeof pl.col>;

/** The condition over a frame whose columns have the contract's names and types. */
export function polarsCondition(node: ConditionNode, typeOf: (column: string) => ColumnType): Expr {
  switch (node.op) {
    case "isNull":
      return pl.col(node.column).isNull();
    case "not":
      return polarsCondition(node.of, typeOf).not();
    case "and":
    case "or":
      return node.all
        .map((each) => polarsCondition(each, typeOf))
        .reduce((left, right) => (node.op === "and" ? left.and(right) : left.or(right)));
    case "compare": {
      const right =
        node.to.kind === "column"
          ? pl.col(node.to.name)
          : polarsLiteral(typeOf(node.column), literalValue(typeOf(node.column), node.to.value));
      return compare(node.how, pl.col(node.column), right);
    }
    case "isIn": {
      const type = typeOf(node.column);
      return node.values
        .map((value) => pl.col(node.column).eq(polarsLiteral(type, literalValue(type, value))))
        .reduce((left, right) => left.or(right));
    }
    case "text": {
      const text = pl.col(node.column).str;
      if (node.how === "contains") {
        return text.contains(node.text, true);
      }
      return node.how === "startsWith" ? text.startsWith(node.text) : text.endsWith(node.text);
    }
  }
}

function compare(how: Comparison, left: Expr, right: Expr): Expr {
  switch (how) {
    case "eq":
      return left.eq(right);
    case "ne":
      return left.neq(right);
    case "lt":
      return left.lt(right);
    case "lte":
      return left.ltEq(right);
    case "gt":
      return left.gt(right);
    case "gte":
      return left.gtEq(right);
  }
}

/** A value as a literal of exactly the column's Polars type. */
function polarsLiteral(type: ColumnType, value: Exclude<Value, null>): Expr {
  switch (type.kind) {
    case "int32":
      return pl.lit(String(value)).cast(pl.Int32, true);
    case "int64":
      return pl.lit(String(value)).cast(pl.Int64, true);
    case "decimal":
      return pl
        .lit(decimalText(value as bigint, type.scale))
        .cast(pl.Decimal(type.precision, type.scale), true);
    case "date":
      return pl.lit(Number(value)).cast(pl.Int32, true).cast(pl.Date, true);
    case "timestamp":
      return pl.lit(String(value)).cast(pl.Int64, true).cast(pl.Datetime("us"), true);
    default:
      return pl.lit(value);
  }
}
