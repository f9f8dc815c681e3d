/**
 * Types of the columns that say where a row came from. Many rows have the same long strings there. As an ENUM, whose values
 * are ordered as the strings are, a merge ranks and sorts them in half the time, with less memory.
 */
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePaths } from "@lakehouse/formats/duckdb-sql";
import { identifier } from "@lakehouse/formats/sql-text";
import type { arrivalColumns } from "../../engine.ts";
import type { OriginTypes } from "./merge-sql.ts";

const typed = {
  _arrival: "__merge_arrival",
  _object: "__merge_object",
} as const satisfies Partial<Record<(typeof arrivalColumns)[number], string>>;
/** DuckDB keeps the values of an ENUM in memory, whatever its limit. */
const mostValues = 100_000;

/** Creates a type for each column that has few different values in these files. All connections see them. */
export async function createOriginTypes(
  connection: DuckDBConnection,
  files: readonly string[],
): Promise<OriginTypes> {
  const from = `from read_parquet(${filePaths(files)}, hive_partitioning = false)`;
  const names = Object.entries(typed);
  const countsOf = async (of: string): Promise<readonly number[]> => {
    const counts = names.map(([name]) => `count(${of}${identifier(name)})`);
    const reader = await connection.runAndReadAll(`select ${counts.join(", ")} ${from}`);
    return reader.getRows()[0]?.map(Number) ?? [];
  };
  let found = await countsOf("");
  // Few values are few different ones. To compare them takes longer than most small merges.
  if (Math.max(...found) > mostValues) {
    found = await countsOf("distinct ");
  }
  const types = new Map<string, string>();
  for (const [index, [name, type]] of names.entries()) {
    const count = found[index] ?? 0;
    if (count > 0 && count <= mostValues) {
      const value = identifier(name);
      await connection.run(
        `create type ${type} as enum (select distinct ${value} ${from} where ${value} is not null order by 1)`,
      );
      types.set(name, type);
    }
  }
  return types;
}

/** Drops them. No table may use them any more. */
export async function dropOriginTypes(connection: DuckDBConnection): Promise<void> {
  for (const type of Object.values(typed)) {
    await connection.run(`drop type if exists ${type}`);
  }
}
