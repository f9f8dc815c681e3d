/** Writes data files of a merge that another engine decided, with the bytes that the other would have written. */
import { mkdir } from "node:fs/promises";
import type { DuckDBConnection } from "@duckdb/node-api";
import { filePath, filePaths } from "@lakehouse/formats/duckdb-sql";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { WriteInput, WriteUnit } from "../../engine.ts";
import { type MergeSql, mergeSql, mergeTables, partitionName } from "./merge-sql.ts";
import { createOriginTypes, dropOriginTypes } from "./origin-types.ts";
import { Writer } from "./write-files.ts";

const { newRows, matches, placed } = mergeTables;
/** The new rows and the keys of all units. */
const allRows = "__write_rows";
const allKeys = "__write_keys";
/** The keys of rows that sorted units replace. */
const replaced = "__write_replaced";
/** The number of rows that DuckDB handles at once. A file's row groups begin where such a vector does. */
const vectorSize = 2_048;

/** Writes the units of a job one after another. */
export async function writeUnits(
  connection: DuckDBConnection,
  input: WriteInput,
): Promise<DataFile[][]> {
  const { added, units, directory } = input;
  await mkdir(directory, { recursive: true });
  const pieces = [...added.values()];
  try {
    const sql = mergeSql(input.table, await createOriginTypes(connection, pieces));
    await collect(connection, input, sql);
    const written: DataFile[][] = [];
    for (const [index, unit] of units.entries()) {
      written.push(await writeUnit(connection, input, sql, unit, index));
    }
    return written;
  } finally {
    for (const name of [newRows, matches, placed, allRows, allKeys, replaced]) {
      await connection.run(`drop table if exists ${name}`);
    }
    await dropOriginTypes(connection);
  }
}

/** Collects the rows of all units. */
async function collect(
  connection: DuckDBConnection,
  { added, rows, keys }: WriteInput,
  { selectNew, match }: MergeSql,
): Promise<void> {
  const places = [...added.keys()].map((place, index) => `(${place}, ${index})`);
  await connection.run(
    `create table ${allRows} as
     ${selectNew.replace("select ", "select __p.__unit, ")}
     from read_parquet(${filePaths([...added.values()])}, hive_partitioning = false) as __n
     join (select __unit, __index, __row from read_parquet(${filePath(rows)}) as __r
       join (values ${places.join(", ")}) as __places(__place, __index) on __place = __r.__file) as __p
     on __p.__index = __n.file_index and __p.__row = __n.file_row_number`,
  );
  const none = `select ${["0 as __unit", ...match, "true as __stays"].join(", ")} from ${allRows} limit 0`;
  await connection.run(
    `create table ${allKeys} as ${keys === undefined ? none : `from read_parquet(${filePath(keys)})`}`,
  );
}

async function writeUnit(
  connection: DuckDBConnection,
  { open, ...input }: WriteInput,
  sql: MergeSql,
  unit: WriteUnit,
  index: number,
): Promise<DataFile[]> {
  const { files, isCopy, first, last, rows, hasCopies, isRange, start } = unit;
  const { match, order } = sql;
  const isUnit = `where __unit = ${index}`;
  // Rows before the first make it begin at the same place of a vector as in a table of all new rows.
  const before = start % vectorSize;
  const padding =
    before === 0 ? "" : `union all by name select null as ${partitionName} from range(${before})`;
  await connection.run(
    `create or replace table ${newRows} as
     select * exclude (__unit) from (select * from ${allRows} ${isUnit} ${padding})
     order by ${partitionName} nulls first, ${order}`,
  );
  const columns = match.length === 0 ? "1" : match.join(", ");
  await connection.run(
    `create or replace table ${matches} as
     select ${[...match, "0 as __file", "true as __wins", "__stays"].join(", ")} from ${allKeys} ${isUnit}`,
  );
  await connection.run(
    `create or replace table ${placed} as select ${columns} from ${newRows} limit 0`,
  );
  await connection.run(
    `create or replace table ${replaced} as select ${columns} from ${allKeys} ${isUnit}`,
  );
  const paths = new Map<DataFile, string>();
  for (const file of files) {
    paths.set(file, await open(file));
  }
  const own = { ...sql, replacing: isCopy ? newRows : replaced };
  const writer = new Writer({ ...input, base: files }, own, paths, hasCopies);
  const name = `unit-${index}`;
  const [copied] = files;
  if (isCopy && copied !== undefined) {
    return await writer.write(connection, writer.copied(copied, name));
  }
  if (isRange) {
    return await writer.write(connection, writer.range(name, first, before, before + rows));
  }
  const partitions = [{ partition: first, files, rows }];
  const group =
    first === last ? partitions : [...partitions, { partition: last, files: [], rows: 0 }];
  const written: DataFile[] = [];
  for (const work of await writer.sorted(undefined, group, name)) {
    written.push(...(await writer.write(connection, work)));
  }
  return written;
}
