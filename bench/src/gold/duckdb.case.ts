/**
 * Peer: DuckDB alone, from silver files to current rows, the model by partition and the two full models. It knows that keys
 * don't move to other partitions. It checks nothing, and a kill leaves halves.
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { customerDaily, customerSummary, dailySales } from "@lakehouse/fixtures/orders/models";
import { serve } from "../child/serve.ts";
import type { PeerOrder } from "./layout.ts";

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const lengths = { day: 10, month: 7 } as const;

serve(async (input) => {
  const { lake, target, unit, files } = JSON.parse(input) as PeerOrder;
  const folder = (name: string) => join(target, name);
  const current = folder("orders");
  const isFirst = !existsSync(current);
  await mkdir(target, { recursive: true });
  const silver =
    files.length === 0
      ? `'${join(lake, "silver/orders/**/*.csv")}'`
      : `[${files.map((file) => `'${file}'`).join(", ")}]`;
  const part = `left(cast(order_date as varchar), ${lengths[unit]})`;
  await connection.run(`create or replace table fresh as
    select * exclude (filename, position), ${part} as part from (
      select *, row_number() over () as position from read_csv(${silver}, filename = true, columns = {
        customer_id: 'bigint', order_id: 'bigint', amount: 'decimal(18, 2)', order_date: 'date'
      })
    ) qualify row_number() over (partition by order_id order by filename desc, position desc) = 1`);
  const old = (name: string, columns: string): string =>
    `select ${columns}, part from read_parquet('${folder(name)}/*/*.parquet', hive_types = {part: varchar})
     where part in (select distinct part from fresh)`;
  const columns = "customer_id, order_id, amount, order_date";
  await connection.run(
    isFirst
      ? "create or replace table rows as from fresh"
      : `create or replace table rows as select * from (${old("orders", columns)}) as o
         anti join fresh using (order_id) union all by name from fresh`,
  );
  const options = "partition_by (part), overwrite_or_ignore";
  await connection.run(
    `copy (from rows order by part, order_id) to '${current}' (format parquet, compression zstd, ${options})`,
  );
  await connection.run(`create or replace view orders as select ${columns} from rows`);
  await connection.run(
    `copy (select *, ${part} as part from (${customerDaily.sql}) order by part)
     to '${folder("customer_daily")}' (format csv, header, ${options})`,
  );
  await connection.run(`create or replace view customer_daily as
    select customer_id, order_date, orders, revenue
    from read_csv('${folder("customer_daily")}/*/*.csv', columns = {
      customer_id: 'bigint', order_date: 'date', orders: 'bigint', revenue: 'decimal(38, 2)'
    }, hive_partitioning = false)`);
  for (const model of [customerSummary, dailySales]) {
    await connection.run(
      `copy (${model.sql}) to '${folder(`${model.name}.csv`)}' (format csv, header)`,
    );
  }
  const reader = await connection.runAndReadAll(
    `select count(*) from read_parquet('${current}/*/*.parquet')`,
  );
  return { rows: Number(reader.getRows()[0]?.[0]) };
});
