/**
 * The least memory of `gold --memory-mib` is enough for a relationship between millions of rows: it spills. A soak test has
 * 5 million rows on both sides, CI a tenth.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cases } from "@lakehouse/testing/property";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { relationship } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { afterAll, expect, test } from "vitest";
import { openEngine } from "../../src/engine/open-engine.ts";
import { builtView, checkQuery, checksOfRows } from "../../src/models/check-query.ts";

const directory = await mkdtemp(join(tmpdir(), "lakehouse-memory-"));
afterAll(() => rm(directory, { recursive: true }));

const columns = { id: int64(), customer: string() };
const orders = defineModel({
  name: "orders_all",
  description: "Orders",
  materialization: full(),
  columns,
  sql: "select id, customer from orders",
  checks: [relationship("customer", "customers", "customer")],
});

test("a relationship between millions of rows is checked with 64 MiB", {
  timeout: 600_000,
}, async () => {
  const rows = cases(500_000);
  const path = join(directory, "rows.csv");
  {
    using roomy = await openEngine({ directory });
    using writing = await roomy.session();
    const customer = "'customer ' || i || repeat('x', 20)";
    await writing.define("rows", {
      kind: "query",
      sql: `select i as id, ${customer} as customer from range(${rows}) as t(i)`,
    });
    await writing.copy("rows", path, "csv", orders.columns);
  }
  using engine = await openEngine({ directory, memoryLimitMib: 64, reproducible: true });
  using session = await engine.session();
  const files = { kind: "files", columns: orders.columns, format: "csv", files: [path] } as const;
  await session.define(builtView, files);
  await session.define("all_customers", files);
  // The last order has no customer.
  await session.define("customers", {
    kind: "query",
    sql: `select customer from all_customers where id < ${rows - 1}`,
  });
  const [check] = checksOfRows(orders);
  expect(check).toBeDefined();
  const sql = check === undefined ? "" : checkQuery(engine, check, orders);
  expect(await session.rows(`select id from (${sql})`)).toEqual([{ id: String(rows - 1) }]);
});
