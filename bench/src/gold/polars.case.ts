/**
 * Peer: Polars alone, from silver files to current rows, the model by partition and the two full models. Like DuckDB's script, it
 * knows that keys don't move to other partitions, checks nothing, and leaves halves after a kill.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import pl from "nodejs-polars";
import { serve } from "../child/serve.ts";
import type { PeerOrder } from "./layout.ts";

const lengths = { day: 10, month: 7 } as const;
const schema = {
  customer_id: pl.Int64,
  order_id: pl.Int64,
  amount: pl.Decimal(18, 2),
  order_date: pl.Date,
};
const dailySchema = {
  customer_id: pl.Int64,
  order_date: pl.Date,
  orders: pl.Int64,
  revenue: pl.Decimal(38, 2),
};
const count = pl.len().cast(pl.Int64);

serve((input) => {
  const { lake, target, unit, files } = JSON.parse(input) as PeerOrder;
  const folder = (name: string) => join(target, name);
  const current = folder("orders");
  const part = pl.col("order_date").cast(pl.Utf8).str.slice(0, lengths[unit]).alias("part");
  const isFirst = !existsSync(current);
  // Files are read in the order of their names, which is that of arrival.
  const silver = files.length === 0 ? [join(lake, "silver/orders/**/*.csv")] : files;
  const fresh = pl
    .concat(silver.map((pattern) => pl.scanCSV(pattern, { schema })))
    .unique({ subset: "order_id", keep: "last", maintainOrder: true })
    .withColumns(part)
    .collectSync();
  const rows = isFirst ? fresh : pl.concat([old(current, fresh), fresh]);
  writeParts(current, rows.sort("order_id"), (frame, path) =>
    frame.writeParquet(`${path}.parquet`, { compression: "zstd" }),
  );
  const daily = rows
    .lazy()
    .groupBy(["part", "customer_id", "order_date"])
    .agg(count.alias("orders"), pl.col("amount").cast(pl.Decimal(38, 2)).sum().alias("revenue"))
    .sort(["order_date", "customer_id"])
    .select("customer_id", "order_date", "orders", "revenue", "part")
    .collectSync();
  writeParts(folder("customer_daily"), daily, (frame, path) => frame.writeCSV(`${path}.csv`));
  const allDaily = pl
    .scanCSV(join(folder("customer_daily"), "*/*.csv"), { schema: dailySchema })
    .collectSync()
    .lazy();
  customerSummary(allDaily).writeCSV(folder("customer_summary.csv"));
  dailySales(allDaily).writeCSV(folder("daily_sales.csv"));
  const total = pl.scanParquet(join(current, "*/*.parquet")).select(pl.len()).collectSync();
  return Promise.resolve({ rows: Number(total.row(0)[0]) });
});

/** The earlier rows of the same partitions, without those that are replaced. */
function old(current: string, fresh: pl.DataFrame): pl.DataFrame {
  return pl
    .scanParquet(join(current, "*/*.parquet"), {
      hivePartitioning: true,
      hiveSchema: { part: pl.Utf8 },
    })
    .filter(pl.col("part").isIn(fresh.getColumn("part").unique().toArray()))
    .join(fresh.lazy().select("order_id"), { on: "order_id", how: "anti" })
    .collectSync();
}

/** Writes a file for each partition, in a folder of its own. */
function writeParts(
  folder: string,
  rows: pl.DataFrame,
  write: (frame: pl.DataFrame, path: string) => void,
): void {
  const sorted = rows.sort("part");
  const names = sorted.getColumn("part").unique().sort().toArray();
  for (const [index, frame] of sorted.partitionBy("part", true, false).entries()) {
    const path = join(folder, `part=${names[index]}`);
    mkdirSync(path, { recursive: true });
    write(frame, join(path, "data"));
  }
}

function customerSummary(daily: pl.LazyDataFrame): pl.DataFrame {
  const cents = pl.col("total_spent").cast(pl.Float64).mul(100).round(0).cast(pl.Int64);
  const orders = pl.col("order_count");
  // Half a cent rounds up: amounts are positive, and doubles hold all cents exactly.
  const average = cents.mul(2).add(orders).div(orders.mul(2)).floor().mul(0.01);
  return daily
    .groupBy("customer_id")
    .agg(
      pl.col("orders").sum().alias("order_count"),
      pl.col("revenue").sum().alias("total_spent"),
      pl.col("order_date").min().alias("first_order"),
      pl.col("order_date").max().alias("last_order"),
    )
    .withColumns(average.cast(pl.Decimal(18, 2)).alias("avg_order_value"))
    .select(
      ...["customer_id", "order_count", "total_spent", "avg_order_value", "first_order"],
      "last_order",
    )
    .sort("customer_id")
    .collectSync();
}

function dailySales(daily: pl.LazyDataFrame): pl.DataFrame {
  const days = daily
    .groupBy("order_date")
    .agg(pl.col("orders").sum(), pl.col("revenue").sum(), count.alias("customers"))
    .sort("order_date")
    .collectSync();
  const week = days
    .groupByRolling({ indexColumn: "order_date", period: "7d" })
    .agg(pl.col("revenue").sum().alias("revenue_7d"));
  return days.join(week, { on: "order_date", how: "left" }).sort("order_date");
}
