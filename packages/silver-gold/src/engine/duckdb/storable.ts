/** Refuses values that a file can't hold while DuckDB writes the file. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { FileColumn } from "@lakehouse/formats/column";
import { tableFormats } from "@lakehouse/formats/formats";
import { identifier, literal } from "@lakehouse/formats/sql-text";
import type { FileFormat } from "@lakehouse/transforms/contract/table";
import type { DuckDbValues } from "@lakehouse/transforms/types/type-definition";
import { definitionOf } from "@lakehouse/transforms/types/types";
import { UnstorableValueError } from "../engine.ts";

/** The query's error contains this if it met such a value. */
const marker = "lakehouse: this value can't be stored";
/** The longest string in a sample, in characters. */
const sampleLength = 200;

/** A condition on a column, or on all of them. */
interface Limit extends DuckDbValues {
  readonly column: string | undefined;
  /** The column whose value is an error if the condition is false. */
  readonly at: string;
}

/** The query for all rows of a view as COPY writes them, sorted by all columns. It fails if a value can't be stored. */
export function storedRows(
  view: string,
  format: FileFormat,
  columns: readonly FileColumn[],
): string {
  const sorted = `select ${checkedColumns(format, columns)} from ${identifier(view)} order by all`;
  return `select ${writtenColumns(format, columns)} from (${sorted})`;
}

/** Selects columns. Fails if a value can't be stored. */
export function checkedColumns(format: FileFormat, columns: readonly FileColumn[]): string {
  const limits = limitsOf(format, columns);
  const checked = columns.map(({ name }) => {
    const column = identifier(name);
    const conditions = limits.filter(({ at }) => at === name).map(({ condition }) => condition);
    return conditions.length === 0
      ? column
      : `case when ${conditions.join(" and ")} then ${column} else error(${literal(marker)}) end as ${column}`;
  });
  return checked.join(", ");
}

/** Selects columns as COPY writes them. */
export function writtenColumns(format: FileFormat, columns: readonly FileColumn[]): string {
  return columns.map((column) => tableFormats[format].duckDb.copied(column)).join(", ");
}

/** Finds the value that made a query of `storedRows` fail; undefined if it failed for another reason. */
export async function unstorableValue(
  connection: DuckDBConnection,
  view: string,
  format: FileFormat,
  columns: readonly FileColumn[],
  error: unknown,
): Promise<UnstorableValueError | undefined> {
  if (!(error instanceof Error && error.message.includes(marker))) {
    return undefined;
  }
  const values = columns.map(
    ({ name }) =>
      `left(cast(${identifier(name)} as VARCHAR), ${sampleLength}) as ${identifier(name)}`,
  );
  for (const { column, condition, description } of limitsOf(format, columns)) {
    const wrong = `from ${identifier(view)} where not (${condition})`;
    const [sample] = await rowsOf(connection, `select ${values.join(", ")} ${wrong} limit 1`);
    if (sample !== undefined) {
      const [count] = await rowsOf(connection, `select count(*) as rows ${wrong}`);
      const rows = Number(count?.["rows"]);
      return new UnstorableValueError(column, description, rows, sample, { cause: error });
    }
  }
  return undefined;
}

function limitsOf(format: FileFormat, columns: readonly FileColumn[]): Limit[] {
  const limits = columns.flatMap((each): Limit[] => {
    const { name, type } = each;
    const column = identifier(name);
    return [
      type.kind === "objects" ? undefined : definitionOf(type).duckDbValues?.(column),
      tableFormats[format].duckDb.values?.(each),
    ]
      .filter((values) => values !== undefined)
      .map((values) => ({
        ...values,
        condition: `(${column} is null or ${values.condition})`,
        column: name,
        at: name,
      }));
  });
  const rows = tableFormats[format].duckDb.rows?.(columns);
  const at = columns[0]?.name;
  return rows === undefined || at === undefined
    ? limits
    : [...limits, { ...rows, column: undefined, at }];
}

async function rowsOf(connection: DuckDBConnection, sql: string) {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}
