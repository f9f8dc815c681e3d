/**
 * Peer: one statement of DuckDB on data files of orders. It merges a silver file into all of their rows, or copies each file.
 * It writes files with the same columns and options as a gold run, and checks nothing.
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { serve } from "../child/serve.ts";
import type { StatementOrder } from "./layout.ts";

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const options =
  "format parquet, compression zstd, compression_level 1, row_group_size 61440, write_bloom_filter false";

serve(async (input) => {
  const { files, silver, target } = JSON.parse(input) as StatementOrder;
  await mkdir(target, { recursive: true });
  const read = (paths: readonly string[]): string =>
    `read_parquet([${paths.map((path) => `'${path}'`).join(", ")}], hive_partitioning = false)`;
  const copy = async (rows: string, name: string): Promise<number> => {
    const path = join(target, `${name}.parquet`);
    const copied = await connection.runAndReadAll(`copy (${rows}) to '${path}' (${options})`);
    return Number(copied.getRows()[0]?.[0]);
  };
  let rows = 0;
  if (silver === undefined) {
    for (const [index, file] of files.entries()) {
      rows += await copy(`from ${read([file])}`, `${index}`);
    }
  } else {
    rows = await copy(
      `with fresh as (
         select customer_id, order_id, amount, order_date, '2024-02-02T00:00:00' as _arrival, filename as _object,
           row_number() over () - 1 as _row
         from read_csv('${silver}', filename = true, columns = {
           customer_id: 'bigint', order_id: 'bigint', amount: 'decimal(18, 2)', order_date: 'date'
         }))
       from ${read(files)} anti join fresh using (order_id)
       union all by name from fresh
       order by order_id`,
      "merged",
    );
  }
  await rm(target, { recursive: true });
  return { rows };
});
