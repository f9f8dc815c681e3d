/** Incremental models with lookups: a changed lookup builds nothing, and a built partition sees the latest. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, incremental, type Materialization } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { bronzeKey, type MemoryLake, newLake, run, writeSilver } from "../support/lake.ts";

const customers = defineTable({
  name: "customers",
  columns: { id: int64().notNull(), city: string() },
  primaryKey: ["id"],
});
const orders = defineTable({
  name: "orders",
  columns: { id: int64().notNull(), customer: int64().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const catalogOf = (materialization: Materialization, sql?: string) =>
  defineCatalog(
    [customers, orders],
    [
      defineModel({
        name: "shipped",
        description: "Orders and where they go",
        materialization,
        columns: { id: int64(), city: string() },
        sql:
          sql ??
          "select orders.id, city from orders left join customers on customers.id = orders.customer",
      }),
    ],
  );
const withLookups = catalogOf(incremental(orders, { lookups: [customers] }));

let minute = 0;
async function arrive(
  { silver }: MemoryLake,
  table: typeof customers | typeof orders,
  row: Readonly<Record<string, string>>,
): Promise<void> {
  minute += 1;
  await writeSilver(silver, bronzeKey(minute, table.name), [row], table);
}

function citiesIn({ gold }: MemoryLake): Record<string, string | undefined> {
  const keys = ["2024-01", "2024-02"].map((value) => `shipped/day_month=${value}/data.csv`);
  return Object.fromEntries(
    keys.map((key) => [key.slice(-16, -9), gold.text(key)?.split("\n")[1]]),
  );
}

/** Two orders of one customer, in two months, and a run. */
async function startLake(catalog: typeof withLookups): Promise<MemoryLake> {
  const lake = newLake();
  await arrive(lake, orders, { id: "1", customer: "7", day: "2024-01-05" });
  await arrive(lake, orders, { id: "2", customer: "7", day: "2024-02-05" });
  await arrive(lake, customers, { id: "7", city: "Bonn" });
  await run(lake, catalog);
  await arrive(lake, customers, { id: "7", city: "Rome" });
  return lake;
}

test("a changed lookup builds no partition; a partition that is built sees it", async () => {
  const lake = await startLake(withLookups);
  expect((await run(lake, withLookups)).models).toMatchObject([{ name: "shipped", built: 0 }]);
  expect(citiesIn(lake)).toEqual({ "2024-01": "1,Bonn", "2024-02": "2,Bonn" });
  await arrive(lake, orders, { id: "2", customer: "7", day: "2024-02-06" });
  expect((await run(lake, withLookups)).models).toMatchObject([{ name: "shipped", built: 1 }]);
  expect(citiesIn(lake)).toEqual({ "2024-01": "1,Bonn", "2024-02": "2,Rome" });
  await run(lake, withLookups, { rebuild: true });
  expect(citiesIn(lake)).toEqual({ "2024-01": "1,Rome", "2024-02": "2,Rome" });
});

test("without lookups, a changed table builds all partitions", async () => {
  const catalog = catalogOf(incremental(orders));
  const lake = await startLake(catalog);
  expect((await run(lake, catalog)).models).toMatchObject([{ name: "shipped", built: 2 }]);
  expect(citiesIn(lake)).toEqual({ "2024-01": "1,Rome", "2024-02": "2,Rome" });
});

test("a model that loses its lookups is built again", async () => {
  const lake = await startLake(withLookups);
  await run(lake, withLookups);
  await run(lake, catalogOf(incremental(orders)));
  expect(citiesIn(lake)).toEqual({ "2024-01": "1,Rome", "2024-02": "2,Rome" });
});

test("a lookup that the query does not read is an error", async () => {
  const catalog = catalogOf(
    incremental(orders, { lookups: [customers] }),
    "select id, 'here' as city from orders",
  );
  await expect(run(newLake(), catalog)).rejects.toMatchObject({
    message: expect.stringContaining("its query does not read its lookup customers"),
    hint: expect.stringContaining("remove it from the lookups"),
  });
});
