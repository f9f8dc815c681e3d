/** Conditions of contracts as SQL. They give what `evaluate` gives. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { ConditionNode } from "@lakehouse/transforms/contract/condition";
import type { Table } from "@lakehouse/transforms/contract/table";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import type { Literal } from "@lakehouse/transforms/types/value";
import { columnTypes, literalValue } from "@lakehouse/transforms/validate/condition";
import type { Engine } from "./engine.ts";

const comparisons = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;
const tests = { startsWith: "starts_with", endsWith: "ends_with", contains: "contains" } as const;

/** The condition over a relation with the table's columns. It may be null. */
export function conditionSql(
  engine: Pick<Engine, "typeName">,
  table: Pick<Table, "columns">,
  node: ConditionNode,
): string {
  const typeOf = columnTypes(table);
  const constant = (column: string, value: Literal): string => {
    const type = typeOf(column);
    const text = formatValue(type, literalValue(type, value));
    return `cast(${literal(text)} as ${engine.typeName(type)})`;
  };
  const sql = (each: ConditionNode): string => {
    switch (each.op) {
      case "isNull":
        return `${identifier(each.column)} is null`;
      case "not":
        return `not (${sql(each.of)})`;
      case "and":
      case "or":
        return each.all.map((part) => `(${sql(part)})`).join(` ${each.op} `);
      case "compare": {
        const right =
          each.to.kind === "column"
            ? identifier(each.to.name)
            : constant(each.column, each.to.value);
        return `${identifier(each.column)} ${comparisons[each.how]} ${right}`;
      }
      case "isIn": {
        const values = each.values.map((value) => constant(each.column, value));
        return `${identifier(each.column)} in (${values.join(", ")})`;
      }
      case "text":
        return `${tests[each.how]}(${identifier(each.column)}, ${literal(each.text)})`;
    }
  };
  return sql(node);
}
