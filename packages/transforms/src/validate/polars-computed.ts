/** Computed columns as Polars expressions. They give what `computedValue` gives, a column at a time. */
import pl from "nodejs-polars";
import type { Table } from "../contract/checked-table.ts";
import type { ComputedNode } from "../contract/computed.ts";
import type { Operand } from "../contract/condition.ts";
import { nativeOf } from "../types/native/native-types.ts";
import type { ColumnType } from "../types/types.ts";
import { columnTypes, literalValue } from "./condition.ts";
import { polarsCondition } from "./polars-condition.ts";

/** An expression for each computed column of a contract, with its name and type. */
export function computedColumns(table: Pick<Table, "columns">): pl.Expr[] {
  const typeOf = columnTypes(table);
  return table.columns.flatMap(({ name, type, computed }) =>
    computed === undefined ? [] : computedColumn(computed, type, typeOf).alias(name),
  );
}

function computedColumn(
  node: ComputedNode,
  type: ColumnType,
  typeOf: (column: string) => ColumnType,
): pl.Expr {
  if ("condition" in node) {
    return polarsCondition(node.condition, typeOf);
  }
  const native = nativeOf(type);
  const choice = (operand: Operand | null): pl.Expr => {
    if (operand === null) {
      return pl.lit(null).cast(native.polars(type));
    }
    return operand.kind === "column"
      ? pl.col(operand.name)
      : native.literal(literalValue(type, operand.value), type);
  };
  return node.cases.reduceRight<pl.Expr>(
    (otherwise, each) =>
      pl
        .when(polarsCondition(each.when, typeOf).fillNull(false))
        .then(choice(each.value))
        .otherwise(otherwise),
    choice(node.otherwise),
  );
}
