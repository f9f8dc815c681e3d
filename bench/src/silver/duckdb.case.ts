/** Peer (a): DuckDB alone, from the object to a CSV file. It drops what it cannot cast. */
import { DuckDBInstance } from "@duckdb/node-api";
import { serve } from "../child/serve.ts";
import type { Conversion } from "./layout.ts";

const connection = await (await DuckDBInstance.create(":memory:")).connect();

serve(async (input) => {
  const { source, target } = JSON.parse(input) as Conversion;
  const result = await connection.run(`
    copy (
      select *
      from (
        select
          try_cast(customer_id as bigint) as customer_id,
          try_cast(order_id as bigint) as order_id,
          try_cast(amount as decimal(18, 2)) as amount,
          try_cast(order_date as date) as order_date
        from read_json('${source}', format = 'newline_delimited', compression = 'gzip', columns = {
          customer_id: 'varchar', order_id: 'varchar', amount: 'varchar', order_date: 'varchar'
        })
      )
      where customer_id is not null and order_id is not null and order_date is not null and amount > 0
    ) to '${target}' (format csv, header)`);
  return { rows: result.rowsChanged };
});
