/** A check as a query for the rows that break it. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { Literal } from "@lakehouse/transforms/contract/column";
import { sqlType } from "@lakehouse/transforms/contract/column-type";
import type { Check } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { identifier, literal } from "../engine/duckdb/sql-text.ts";

/** The view of what was built in this run of the model that is checked. */
export const builtView = "__built";
const checkView = "__check";

/** Makes the view of the rows that break a check. @returns Its name. */
export async function createCheckView(
  connection: DuckDBConnection,
  check: Check,
  model: Model,
): Promise<string> {
  await connection.run(
    `create or replace temp view ${identifier(checkView)} as\n${checkQuery(check, model)}`,
  );
  return checkView;
}

/**
 * The query for the rows that break a check; null breaks none but `not_null`, as in SQL.
 *
 * It reads `__built`, what a relationship names, and whatever a SQL check names.
 */
export function checkQuery(check: Check, model: Model): string {
  const rows = `select * from ${identifier(builtView)}`;
  switch (check.kind) {
    case "unique": {
      const columns = check.columns.map(identifier).join(", ");
      return `select ${columns}, count(*) as "rows" from ${identifier(builtView)} group by ${columns} having count(*) > 1`;
    }
    case "not_null":
      return `${rows} where ${identifier(check.column)} is null`;
    case "accepted_values": {
      const values = check.values.map((value) => constant(value, check.column, model));
      return `${rows} where ${identifier(check.column)} not in (${values.join(", ")})`;
    }
    case "accepted_range": {
      const column = identifier(check.column);
      const bounds = [
        ...(check.minimum === undefined
          ? []
          : [`${column} < ${constant(check.minimum, check.column, model)}`]),
        ...(check.maximum === undefined
          ? []
          : [`${column} > ${constant(check.maximum, check.column, model)}`]),
      ];
      return `${rows} where ${bounds.length === 0 ? "false" : bounds.join(" or ")}`;
    }
    case "relationship": {
      const column = identifier(check.column);
      return (
        `${rows} where ${column} is not null and ${column} not in ` +
        `(select ${identifier(check.toColumn)} from ${identifier(check.to)} where ${identifier(check.toColumn)} is not null)`
      );
    }
    case "sql":
      return check.sql;
  }
}

const number = /^-?\d+(\.\d+)?$/;

/** A constant of the column's type; a number stays as written, so that a decimal is not rounded to the scale. */
function constant(value: Literal, columnName: string, model: Model): string {
  const type = model.columns.find(({ name }) => name === columnName)?.type;
  const text = String(value);
  const isNumeric = type !== undefined && /^(int|float|decimal)/.test(type.kind);
  if (type === undefined) {
    return literal(text);
  }
  return isNumeric && number.test(text) ? text : `cast(${literal(text)} as ${sqlType(type)})`;
}
