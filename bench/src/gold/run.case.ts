/** A run of silver to gold, on orders by day. Bundled, because the models' SQL is in files. */

import { join } from "node:path";
import { orders as ordersByMonth } from "@lakehouse/fixtures/orders/contract";
import { customerDaily, customerSummary, dailySales } from "@lakehouse/fixtures/orders/models";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { day, month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { incremental } from "@lakehouse/transforms/model/model";
import { serve } from "../child/serve.ts";
import { CountedStore } from "./counted-store.ts";
import { callKinds, type OrderKeys, type PartitionUnit, type RunOrder } from "./layout.ts";
import { watchSteps } from "./steps.ts";

const partitionings = { day: day("order_date"), month: month("order_date") } as const;

const keyColumns = { numbers: int64, strings: string } as const;

/** The catalogs that the process has used. What runs remember of a table is found by its object. */
const catalogs = new Map<string, Catalog>();

/** Orders and their models, with partitions of a day or a month. */
function catalogOf(unit: PartitionUnit, keys: OrderKeys): Catalog {
  const name = `${unit} ${keys}`;
  const catalog = catalogs.get(name) ?? makeCatalog(unit, keys);
  catalogs.set(name, catalog);
  return catalog;
}

function makeCatalog(unit: PartitionUnit, keys: OrderKeys): Catalog {
  const orders = defineTable({
    name: "orders",
    columns: { ...ordersByMonth.typedColumns, order_id: keyColumns[keys]().notNull() },
    primaryKey: ["order_id"],
    partitionBy: partitionings[unit],
  });
  return defineCatalog(
    [orders],
    [{ ...customerDaily, materialization: incremental(orders) }, customerSummary, dailySales],
  );
}

/** The fact with the processor time of a stage. */
const cpuOf = (stage: string): string => `${stage}, cpu`;

serve(async (input) => {
  const order = JSON.parse(input) as RunOrder;
  const { lake, gold = join(lake, "gold"), scratch, rebuild, unit, keys, isCounted } = order;
  const { packAfterDays: afterDays, isProfiled = false } = order;
  const steps = isProfiled ? watchSteps() : undefined;
  const stages: Record<string, number> = {};
  let last = performance.now();
  let cpu = process.cpuUsage();
  const stores = {
    silver: new DirectoryStore(join(lake, "silver")),
    gold: new DirectoryStore(gold),
  };
  const counted = {
    silver: new CountedStore(stores.silver),
    gold: new CountedStore(stores.gold),
  };
  const run = await runGold(isCounted ? counted : stores, catalogOf(unit, keys ?? "numbers"), {
    scratch,
    rebuild,
    packs: afterDays === undefined ? undefined : { afterDays },
    // The last call of a part of a stage. It took the time since that of the previous part. Asking costs microseconds.
    onProgress({ stage, done, total }) {
      if (done < total) {
        return;
      }
      steps?.stageDone(stage);
      const now = performance.now();
      stages[stage] = (stages[stage] ?? 0) + now - last;
      last = now;
      const { user, system } = process.cpuUsage(cpu);
      stages[cpuOf(stage)] = (stages[cpuOf(stage)] ?? 0) + (user + system) / 1000;
      cpu = process.cpuUsage();
    },
  });
  const daily = run.models.find(({ name }) => name === customerDaily.name);
  const calls = callKinds.map((kind) => [
    kind,
    counted.silver.calls[kind] + counted.gold.calls[kind],
  ]);
  return {
    ...stages,
    ...steps?.facts(),
    ...Object.fromEntries(calls),
    ...Object.fromEntries([...counted.gold.puts].map(([kind, count]) => [`PUT ${kind}`, count])),
    rows: run.currentRows[ordersByMonth.name] ?? 0,
    newObjects: run.newObjects,
    packs: run.packed?.packs ?? 0,
    partitions: daily?.built ?? 0,
  };
});
