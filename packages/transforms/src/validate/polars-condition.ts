/** Conditions as Polars expressions. They give what `evaluate` gives, a column at a time. */
import pl from "nodejs-polars";
import type { Comparison, ConditionNode } from "../contract/condition.ts";
import { nativeOf } from "../types/native/native-types.ts";
import type { ColumnType } from "../types/types.ts";
import type { Literal } from "../types/value.ts";
import { literalValue } from "./condition.ts";

type Expr = ReturnType<typeof pl.col>;

/** The condition as an expression over a frame with the contract's columns. */
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
          : polarsLiteral(typeOf(node.column), node.to.value);
      return compare(node.how, pl.col(node.column), right);
    }
    case "isIn": {
      const type = typeOf(node.column);
      return node.values
        .map((value) => pl.col(node.column).eq(polarsLiteral(type, value)))
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

function polarsLiteral(type: ColumnType, literal: Literal): Expr {
  return nativeOf(type).literal(literalValue(type, literal), type);
}
