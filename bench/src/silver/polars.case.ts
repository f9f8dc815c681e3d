/** Peer (c): the handler of peers/handler.py with nodejs-polars, the same engine. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import pl from "nodejs-polars";
import { serve } from "../child/serve.ts";
import type { Conversion } from "./layout.ts";

serve((input) => {
  const { source, target } = JSON.parse(input) as Conversion;
  const frame = pl
    .readJSON(gunzipSync(readFileSync(source)), { format: "lines" })
    .select(
      pl.col("customer_id").cast(pl.Int64),
      pl.col("order_id").cast(pl.Int64),
      pl.col("amount").cast(pl.Decimal(18, 2)),
      pl.col("order_date").str.strptime(pl.Date, "%Y-%m-%d"),
    )
    .dropNulls()
    .filter(pl.col("amount").gt(0));
  frame.writeCSV(target);
  return Promise.resolve({ rows: frame.height });
});
