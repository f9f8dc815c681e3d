/** The statements by which Athena builds a model: its query over pinned versions, and where the rows go. */
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { ModelColumn } from "@lakehouse/transforms/model/model";
import { sqlType } from "@lakehouse/transforms/types/column-type";
import type { ResultColumn } from "../engine.ts";
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
  /** The table in the database. Default: of that name. */
  readonly table?: string;
  /** The id of its Iceberg snapshot. Undefined if there is only one. */
  readonly snapshot: number | undefined;
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

/** The statement that writes the rows of a query to an empty Iceberg table with the model's columns. @param table In the same database. */
export function insertStatement(query: RemoteQuery, table: string): string {
  const values = query.columns.map(({ type }, index) => {
    const value = exactly(type, placeName(index));
    return type.kind === "timestamp" ? `with_timezone(${value}, 'UTC')` : value;
  });
  const target = `${identifier(query.database)}.${identifier(table)}`;
  return `INSERT INTO ${target}\nSELECT ${values.join(", ")}\nFROM ${pinned(query)}`;
}

/** A check, as a query for the rows that break it. */
export interface RemoteCheck extends Pick<RemoteQuery, "sql" | "database" | "sources"> {
  /** The columns of these rows, with DuckDB's types. */
  readonly columns: readonly ResultColumn[];
}

/**
 * The statement that writes some of the rows that break a check, each with the number of all of them. It writes none if the check holds.
 *
 * @param target The address of an empty folder.
 */
export function checkStatement(check: RemoteCheck, mostRows: number, target: string): string {
  const { columns, sql } = check;
  const broken = identifier("__broken");
  const places = columns.map((_, index) => placeName(index + 1));
  const values = columns.map(({ type }, index) =>
    unloaded(type === "TIMESTAMP", placeName(index + 1)),
  );
  const count = `(SELECT count(*) FROM ${broken}) AS ${placeName(0)}`;
  return `UNLOAD (
WITH ${[...views(check), `${broken} AS (\n${sql}\n)`].join(",\n")}
SELECT ${[count, ...values].join(", ")}
FROM (SELECT * FROM ${broken} LIMIT ${mostRows}) AS "sample"(${places.join(", ")})
) TO ${literal(target)} WITH (format = 'PARQUET', compression = 'ZSTD')`;
}

/** The statement that says whether Athena takes a query. It reads no rows. */
export function validateStatement(query: RemoteQuery): string {
  return `EXPLAIN (TYPE VALIDATE)\n${stored(query)}`;
}

/** The rows of a query, as files hold them. */
function stored(query: RemoteQuery): string {
  const values = query.columns.map(({ type }, index) =>
    unloaded(type.kind === "timestamp", placeName(index), exactly(type, placeName(index))),
  );
  return `SELECT ${values.join(", ")}\nFROM ${pinned(query)}`;
}

/** A value of exactly the column's type: SQL of its own may have timestamps of another precision. */
function exactly(type: ModelColumnType["type"], value: string): string {
  return `CAST(${value} AS ${athenaType(sqlType(type))})`;
}

/** A value as a file holds it: UNLOAD would cut a timestamp to milliseconds. */
function unloaded(isTimestamp: boolean, place: string, value: string = place): string {
  return `${isTimestamp ? microseconds.replaceAll("$1", value) : value} AS ${place}`;
}

/** The rows of a query over pinned versions. Columns are named by their place, because Athena writes names in lower case. */
function pinned(query: RemoteQuery): string {
  const { columns, sql } = query;
  const places = columns.map((_, index) => placeName(index));
  const all = views(query);
  const shared = all.length === 0 ? "" : `WITH ${all.join(",\n")}\n`;
  return `(${shared}SELECT * FROM (
${withoutEnd(sql)}
)) AS "result"(${places.join(", ")})`;
}

function views({ database, sources }: Pick<RemoteQuery, "database" | "sources">): string[] {
  return sources.map((source) => `${identifier(source.name)} AS (${view(database, source)})`);
}

/** A source with the types that its columns have in DuckDB. */
function view(database: string, { name, table = name, columns, snapshot }: PinnedSource): string {
  const values = columns.map((column) => {
    const value = identifier(column.name);
    return column.type.kind === "timestamp"
      ? `CAST(${value} AT TIME ZONE 'UTC' AS TIMESTAMP(6)) AS ${value}`
      : value;
  });
  const from = `${identifier(database)}.${identifier(table)}`;
  const version = snapshot === undefined ? "" : ` FOR VERSION AS OF ${snapshot}`;
  return `SELECT ${values.join(", ")} FROM ${from}${version}`;
}
