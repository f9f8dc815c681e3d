/** Turns a check into a query for the rows that break it. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { Check, RowCountCheck } from "@lakehouse/transforms/model/check";
import type { Model } from "@lakehouse/transforms/model/model";
import { formatValue, parseText } from "@lakehouse/transforms/types/column-type";
import { definitionOf } from "@lakehouse/transforms/types/types";
import type { Literal } from "@lakehouse/transforms/types/value";
import type { Engine } from "../engine/engine.ts";

/** The view of the rows of the checked model that this run built. */
export const builtView = "__built";

/** A check of rows, not of their number. */
export type CheckOfRows = Exclude<Check, RowCountCheck>;

/** The checks of a model's rows. */
export function checksOfRows({ checks }: Model): CheckOfRows[] {
  return checks.filter((check) => check.kind !== "row_count");
}

/**
 * The query for the rows that break a check. Null breaks only `not_null`, as in SQL.
 *
 * It reads `__built`, and the tables and models that a relationship or an SQL check names.
 */
export function checkQuery(engine: Engine, check: CheckOfRows, model: Model): string {
  const rows = `select * from ${identifier(builtView)}`;
  switch (check.kind) {
    case "unique": {
      const columns = check.columns.map(identifier).join(", ");
      return `select ${columns}, count(*) as "rows" from ${identifier(builtView)} group by ${columns} having count(*) > 1`;
    }
    case "not_null":
      return `${rows} where ${identifier(check.column)} is null`;
    case "accepted_values": {
      const values = check.values.map((value) => constant(engine, value, check.column, model));
      return `${rows} where ${identifier(check.column)} not in (${values.join(", ")})`;
    }
    case "accepted_range": {
      const column = identifier(check.column);
      const bounds = [
        ...(check.minimum === undefined
          ? []
          : [`${column} < ${constant(engine, check.minimum, check.column, model)}`]),
        ...(check.maximum === undefined
          ? []
          : [`${column} > ${constant(engine, check.maximum, check.column, model)}`]),
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

/** A constant of the column's type. A number is not cast, which would round a decimal to the scale. */
function constant(engine: Engine, value: Literal, columnName: string, model: Model): string {
  const type = model.columns.find(({ name }) => name === columnName)?.type;
  const text = String(value);
  if (type === undefined) {
    return literal(text);
  }
  if (definitionOf(type).jsonForm === "number" && /^-?\d+(\.\d+)?$/.test(text)) {
    return text;
  }
  const parsed = parseText(type, text);
  // Athena reads fewer spellings of timestamps.
  const spelled =
    type.kind === "timestamp" && parsed.ok
      ? formatValue(type, parsed.value).replace("T", " ").replace("Z", "")
      : text;
  return `cast(${literal(spelled)} as ${engine.typeName(type)})`;
}
