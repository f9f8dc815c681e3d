/** Orders and their models, with partitions of a day or a month, as the benchmarks build them. */
import { orders as ordersByMonth } from "@lakehouse/fixtures/orders/contract";
import { customerDaily, customerSummary, dailySales } from "@lakehouse/fixtures/orders/models";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { day, month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, incremental } from "@lakehouse/transforms/model/model";
import type { OrderKeys, PartitionUnit } from "./layout.ts";

const partitionings = { day: day("order_date"), month: month("order_date") } as const;
const keyColumns = { numbers: int64, strings: string } as const;
/** The columns of the wide model beside the key. */
const wideColumns = Array.from({ length: 24 }, (_, index) => `c${index}`);

/** The catalogs that the process has used. What runs remember of a table is found by its object. */
const catalogs = new Map<string, Catalog>();

/** @param wide The version of a model with many columns. Another version is built again. Default: there is none. */
export function catalogOf(unit: PartitionUnit, keys: OrderKeys, wide?: number): Catalog {
  const name = `${unit} ${keys} ${wide}`;
  const catalog = catalogs.get(name) ?? makeCatalog(unit, keys, wide);
  catalogs.set(name, catalog);
  return catalog;
}

function makeCatalog(unit: PartitionUnit, keys: OrderKeys, wide: number | undefined): Catalog {
  const orders = defineTable({
    name: "orders",
    columns: { ...ordersByMonth.typedColumns, order_id: keyColumns[keys]().notNull() },
    primaryKey: ["order_id"],
    partitionBy: partitionings[unit],
  });
  const models = [
    { ...customerDaily, materialization: incremental(orders) },
    customerSummary,
    dailySales,
  ];
  return defineCatalog(
    [orders],
    wide === undefined ? models : [...models, wideModel(orders, wide)],
  );
}

function wideModel(orders: Table, version: number) {
  const texts = wideColumns.map(
    (name, index) => `md5(order_id || '-${version}-${index}') as ${name}`,
  );
  return defineModel({
    name: "wide_orders",
    description: "Orders with many columns",
    materialization: incremental(orders),
    format: "table",
    columns: {
      order_id: int64(),
      ...Object.fromEntries(wideColumns.map((name) => [name, string()])),
    },
    sql: `select order_id, ${texts.join(", ")} from orders`,
  });
}
