/** A run of silver to gold, on orders by day. Bundled, because the models' SQL is in files. */

import { join } from "node:path";
import { orders as ordersByMonth } from "@lakehouse/fixtures/orders/contract";
import { customerDaily, customerSummary, dailySales } from "@lakehouse/fixtures/orders/models";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { incremental } from "@lakehouse/transforms/model/model";
import { serve } from "../child/serve.ts";
import type { RunOrder } from "./layout.ts";

const orders = defineTable({
  name: "orders",
  columns: ordersByMonth.typedColumns,
  primaryKey: ["order_id"],
  partitionBy: day("order_date"),
});
const catalog = defineCatalog(
  [orders],
  [{ ...customerDaily, materialization: incremental(orders) }, customerSummary, dailySales],
);

serve(async (input) => {
  const { lake, scratch, rebuild } = JSON.parse(input) as RunOrder;
  const stages: Record<string, number> = {};
  let last = performance.now();
  const stores = {
    silver: new DirectoryStore(join(lake, "silver")),
    gold: new DirectoryStore(join(lake, "gold")),
  };
  const run = await runGold(stores, catalog, {
    scratch,
    rebuild,
    // Each call reports a finished part of a stage, which took the time since the previous call.
    onProgress({ stage }) {
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + now - last;
      last = now;
    },
  });
  const daily = run.models.find(({ name }) => name === customerDaily.name);
  return {
    ...stages,
    rows: run.currentRows[orders.name] ?? 0,
    newObjects: run.newObjects,
    partitions: daily?.built ?? 0,
  };
});
