/** Finds Parquet files whose statistics contradict their rows: readers then skip rows that match a filter. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePath } from "@lakehouse/formats/duckdb-sql";
import { identifier, literal } from "@lakehouse/formats/sql-text";

/**
 * Returns those of the files that have a value outside the statistics of its row group.
 *
 * Reads only the columns that are known to be at risk: wide decimals that Polars wrote with statistics, as earlier
 * versions did (pola-rs/polars#29347).
 *
 * @param paths Parquet files.
 */
export async function falseStatistics(
  connection: DuckDBConnection,
  paths: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    for (const column of await columnsAtRisk(connection, filePath(path))) {
      if (await isFalse(connection, filePath(path), column)) {
        found.push(path);
        break;
      }
    }
  }
  return found;
}

interface Column {
  readonly name: string;
  readonly type: string;
}

async function columnsAtRisk(connection: DuckDBConnection, file: string): Promise<Column[]> {
  const reader = await connection.runAndReadAll(
    `select distinct name, 'DECIMAL(' || precision || ',' || scale || ')' as type
     from parquet_schema(${file}) as columns join parquet_metadata(${file}) as chunks on path_in_schema = name
     where precision is not null and columns.type = 'FIXED_LEN_BYTE_ARRAY' and stats_min_value is not null
       and (select created_by from parquet_file_metadata(${file})) = 'Polars'
     order by name`,
  );
  return reader.getRowObjectsJson().map(({ name, type }) => ({
    name: String(name),
    type: String(type),
  }));
}

/** Compares with columns of a join, not with constants: only those use statistics. */
async function isFalse(
  connection: DuckDBConnection,
  file: string,
  { name, type }: Column,
): Promise<boolean> {
  const value = identifier(name);
  const reader = await connection.runAndReadAll(
    `with groups as (
       select sum(row_group_num_rows) over (order by row_group_id) - row_group_num_rows as first_row,
         cast(stats_min_value as ${type}) as low, cast(stats_max_value as ${type}) as high
       from parquet_metadata(${file}) where path_in_schema = ${literal(name)}
     )
     select 1 from (select ${value}, file_row_number from read_parquet(${file}, file_row_number = true)) as stored
     asof join groups on file_row_number >= first_row
     where ${value} < low or ${value} > high limit 1`,
  );
  return reader.currentRowCount > 0;
}
