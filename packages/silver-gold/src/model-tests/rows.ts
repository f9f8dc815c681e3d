/** Rows of tables and models in memory, as the engine's views. */
import { duckDbType, type FileColumn } from "@lakehouse/formats/column";
import { emptyQuery } from "@lakehouse/formats/duckdb-sql";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { QueryView } from "../engine/engine.ts";

/** A row: the canonical text of each value, as our CSV has it. Lists of objects are JSON. */
export type TextRow = readonly (string | null)[];

/** Rows with these columns. */
export interface Rows {
  readonly columns: readonly FileColumn[];
  readonly rows: readonly TextRow[];
}

/** A view of the rows. */
export function viewOf({ columns, rows }: Rows): QueryView {
  if (rows.length === 0) {
    return { kind: "query", sql: emptyQuery(columns) };
  }
  const names = columns.map((_, index) => `c${index}`);
  const casts = columns.map(
    ({ name, type }, index) => `cast(c${index} as ${duckDbType(type)}) as ${identifier(name)}`,
  );
  const values = rows.map(
    (row) => `(${columns.map((column, index) => valueSql(column, row[index] ?? null)).join(", ")})`,
  );
  const sql = `select ${casts.join(", ")} from (values ${values.join(", ")}) as t(${names.join(", ")})`;
  return { kind: "query", sql };
}

function valueSql({ type }: FileColumn, text: string | null): string {
  if (text === null) {
    return "null";
  }
  if (type.kind !== "objects") {
    return literal(text);
  }
  const objects: readonly Readonly<Record<string, string | null>>[] = JSON.parse(text);
  const fields = Object.keys(type.fields);
  const made = objects.map((object) => {
    const members = fields.map((field) => {
      const value = object[field] ?? null;
      return `${literal(field)}: ${value === null ? "null" : literal(String(value))}`;
    });
    return `{${members.join(", ")}}`;
  });
  return `[${made.join(", ")}]`;
}
