/** The same rows as a view of DuckDB and as a common table expression of Athena. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { JsonValue, Session } from "@lakehouse/silver-gold/engine";

/** Rows of typed columns. Values are written as text. */
export interface Relation {
  readonly name: string;
  /** Types by column, as DuckDB names them. */
  readonly columns: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly (string | null)[])[];
}

const athenaTypes: Readonly<Record<string, string>> = {
  HUGEINT: "DECIMAL(38, 0)",
  TIMESTAMP: "TIMESTAMP(6)",
  JSON: "VARCHAR",
};

/** Two sessions with the same views. */
export interface Sessions {
  readonly rows: Session;
  /** Views without rows, which are quicker to describe. */
  readonly types: Session;
}

/** Defines the relation as a view. */
export async function define(sessions: Sessions, relation: Relation): Promise<void> {
  const sql = select(relation, (type) => type);
  await sessions.rows.define(relation.name, { kind: "query", sql });
  const nulls = Object.entries(relation.columns).map(
    ([name, type]) => `cast(null as ${type}) as ${identifier(name)}`,
  );
  const empty = `select ${nulls.join(", ")} limit 0`;
  await sessions.types.define(relation.name, { kind: "query", sql: empty });
}

/** A query for Athena that reads the relations. */
export function reading(relations: readonly Relation[], sql: string): string {
  const expressions = relations.map(
    (relation) =>
      `${identifier(relation.name)} AS (${select(relation, (type) => athenaTypes[type] ?? type)})`,
  );
  return `WITH ${expressions.join(",\n")}\nSELECT * FROM (${sql})`;
}

/** The rows of a query as a relation. */
export async function relationOf(session: Session, name: string, sql: string): Promise<Relation> {
  const described = await session.describe(sql);
  const list = described.map(
    ({ name: column }) => `cast(${identifier(column)} as varchar) as ${identifier(column)}`,
  );
  const rows = await session.rows(`select ${list.join(", ")} from (${sql})`);
  return {
    name,
    columns: Object.fromEntries(described.map((column) => [column.name, column.type])),
    rows: rows.map((row) => described.map((column) => textOf(row[column.name]))),
  };
}

function textOf(value: JsonValue | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function select({ columns, rows }: Relation, typeOf: (type: string) => string): string {
  const names = Object.keys(columns).map(identifier);
  const casts = Object.entries(columns).map(
    ([name, type]) => `CAST(${identifier(name)} AS ${typeOf(type)}) AS ${identifier(name)}`,
  );
  const values = rows.map(
    (row) => `(${row.map((value) => (value === null ? "NULL" : literal(value))).join(", ")})`,
  );
  return `SELECT ${casts.join(", ")} FROM (VALUES ${values.join(", ")}) AS v(${names.join(", ")})`;
}
