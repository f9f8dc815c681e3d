/** The statements by which Athena builds a model: its query over pinned versions, and where the rows go. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import { sqlType } from "@lakehouse/transforms/types/column-type";
import { withoutEnd } from "./own-sql.ts";
import { placeName } from "./result-views.ts";
import { microseconds } from "./translate/functions/dates.ts";
import { athenaType } from "./translate/types.ts";

/** The most bytes of a statement. */
export const mostStatementBytes = 262_144;

/** A table or model that a query reads, at one version. */
export interface PinnedSource {
  readonly name: string;
  readonly columns: readonly ModelColumnType[];
  /** The id of its Iceberg snapshot. */
  readonly snapshot: number;
}

type ModelColumnType = Pick<ModelColumn, "name" | "type">;

/** What a model is built from. */
export interface RemoteQuery {
  readonly columns: readonly ModelColumnType[];
  /** The model's query in Athena's SQL. */
  readonly sql: string;
  /** The database of Glue with the sources. */
  readonly database: string;
  readonly sources: readonly PinnedSource[];
}

/**
 * The statement that writes the rows of a query to Parquet files.
 *
 * @param target The address of an empty folder.
 */
export function unloadStatement(query: RemoteQuery, target: string): string {
  return `UNLOAD (
${stored(query)}
) TO ${literal(target)} WITH (format = 'PARQUET', compression = 'ZSTD')`;
}

/** The statement that says whether Athena takes a query. It reads no rows. */
export function validateStatement(query: RemoteQuery): string {
  return `EXPLAIN (TYPE VALIDATE)\n${stored(query)}`;
}

/** The rows of a query, as files hold them. */
function stored(query: RemoteQuery): string {
  const values = query.columns.map(({ type }, index) => {
    // SQL of its own may have timestamps of another precision.
    const value = `CAST(${placeName(index)} AS ${athenaType(sqlType(type))})`;
    // UNLOAD would cut a timestamp to milliseconds.
    const exact = type.kind === "timestamp" ? microseconds.replaceAll("$1", value) : value;
    return `${exact} AS ${placeName(index)}`;
  });
  return `SELECT ${values.join(", ")}\nFROM ${pinned(query)}`;
}

/** The rows of a query over pinned versions. Columns are named by their place, because Athena writes names in lower case. */
function pinned({ columns, sql, database, sources }: RemoteQuery): string {
  const places = columns.map((_, index) => placeName(index));
  const views = sources.map(
    (source) => `${identifier(source.name)} AS (${view(database, source)})`,
  );
  const shared = views.length === 0 ? "" : `WITH ${views.join(",\n")}\n`;
  return `(${shared}SELECT * FROM (
${withoutEnd(sql)}
)) AS "result"(${places.join(", ")})`;
}

/** A source with the types that its columns have in DuckDB. */
function view(database: string, { name, columns, snapshot }: PinnedSource): string {
  const values = columns.map((column) => {
    const value = identifier(column.name);
    return column.type.kind === "timestamp"
      ? `CAST(${value} AT TIME ZONE 'UTC' AS TIMESTAMP(6)) AS ${value}`
      : value;
  });
  const table = `${identifier(database)}.${identifier(name)}`;
  return `SELECT ${values.join(", ")} FROM ${table} FOR VERSION AS OF ${snapshot}`;
}
