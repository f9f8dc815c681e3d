/** `lakehouse history` and `query --at`: tables as they were. */
import { runGold } from "@lakehouse/silver-gold/run-gold";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { beforeAll, describe, expect, test } from "vitest";
import { history } from "../../src/commands/history/history.ts";
import { query } from "../../src/commands/query/query.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import type { Context } from "../../src/context.ts";
import { parsePoint } from "../../src/sql/point.ts";
import { arrive, contextOf } from "../support/context.ts";

const folder = temporaryDirectory();

function catalogOf(columns: Parameters<typeof defineTable>[0]["columns"]): Catalog {
  const customers = defineTable({ name: "customers", columns, primaryKey: ["id"] });
  const orders = defineTable({
    name: "orders",
    columns: { id: int64().notNull() },
    primaryKey: ["id"],
  });
  const names = defineModel({
    name: "ids",
    description: "All of them",
    materialization: full(),
    columns: { id: int64() },
    sql: "select id from customers",
  });
  const kept = defineModel({
    name: "kept",
    description: "Numbers of them",
    materialization: full(),
    columns: { customers: int64() },
    sql: "select count(*) as customers from customers",
    format: "table",
  });
  return defineCatalog([customers, orders], [names, kept]);
}

const before = contextOf(folder, catalogOf({ id: int64().notNull(), name: string() }));
const after = contextOf(folder, catalogOf({ id: int64().notNull(), title: string() }));

async function runAt(context: Context, at: string): Promise<void> {
  await silver(context);
  const options = { scratch: context.scratch, threads: 1, retentionDays: 2 };
  await runGold(context.lake, context.catalog, { ...options, now: () => new Date(at) });
}

async function rowsAt(context: Context, sql: string, at: string): Promise<unknown> {
  const text = (await Array.fromAsync(query(context, sql, "json", parsePoint(at)))).join("");
  return (JSON.parse(text) as { rows: unknown }).rows;
}

beforeAll(async () => {
  arrive(before, "customers", 1, [{ id: 1, name: "a" }]);
  await runAt(before, "2026-02-01T06:00:00Z");
  arrive(before, "customers", 2, [{ id: 2, name: "b" }]);
  arrive(before, "orders", 2, [{ id: 7 }]);
  await runAt(before, "2026-02-03T06:00:00Z");
  arrive(before, "customers", 3, [{ id: 1, name: "c" }]);
  await runAt(before, "2026-02-04T06:00:00Z");
});

describe("query --at", () => {
  const all = "select * from customers order by id";
  const first = [{ id: 1, name: "a" }];
  const second = [...first, { id: 2, name: "b" }];

  test.each([
    ["0", first],
    ["1", second],
    ["2", [{ id: 1, name: "c" }, second[1]]],
    ["2026-02-01T06:00Z", first],
    ["2026-02-03T06:59:59.999+01:00", first],
    ["2026-02-03 06:00", second],
    ["2026-02-03T07:00:00+0100", second],
    ["2026-02-04", second],
  ])("%s", async (at, rows) => {
    expect(await rowsAt(before, all, at)).toEqual(rows);
  });

  test("each table has its version at a time", async () => {
    const sql = "select (select count(*) from customers) as c, (select count(*) from orders) as o";
    expect(await rowsAt(before, sql, "2026-02-02")).toEqual([{ c: 1, o: 0 }]);
    expect(await rowsAt(before, sql, "2026-02-03T06:00")).toEqual([{ c: 2, o: 1 }]);
  });

  test.each([
    [
      all,
      "9",
      "Table customers has no version 9.",
      "Its kept versions are 0 (2026-02-01T06:00:00.000Z) to 2 (2026-02-04T06:00:00.000Z).",
    ],
    [
      all,
      "2026-01-31",
      "Table customers has no version at 2026-01-31.",
      "Its kept versions are 0 (",
    ],
    [
      "from customers, orders",
      "1",
      "Version 1 is of one table, and the query reads customers, orders.",
      "Give a time",
    ],
    [
      "from silver_customers",
      "1",
      "--at reads open tables, and silver_customers is not one",
      "Tables with versions: customers, orders, kept.",
    ],
    [
      "from ids",
      "1",
      "--at reads open tables, and ids is not one",
      "Tables with versions: customers, orders, kept.",
    ],
    ["select name2 from customers", "0", "name2", ""],
  ])("%s at %s is refused", async (sql, at, message, hint) => {
    const failed = rowsAt(before, sql, at);
    await expect(failed).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
  });

  test.each(["yesterday", "2026-02-30", "2026-02-01T25:00", "-1", "1.5", "", "2999-01-01"])(
    "%j is refused",
    (text) => {
      expect(() => parsePoint(text)).toThrow(/Give a version|has not come yet/);
    },
  );

  test("before the first gold run", async () => {
    const empty = contextOf(folder, before.catalog, "empty");
    await expect(rowsAt(empty, all, "0")).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining("customers has no versions yet."),
      hint: "Run lakehouse gold.",
    });
  });
});

describe("history", () => {
  test("the latest version first", async () => {
    expect(await history(before, "customers", 2)).toMatchObject({
      table: "customers",
      published: true,
      kept: 3,
      versions: [
        { version: 2, at: "2026-02-04T06:00:00.000Z", run: 3, operation: "overwrite", rows: 2 },
        { version: 1, run: 2, rowsIn: 2, rowsOut: 1, rows: 2, filesIn: 1, filesOut: 1, files: 1 },
      ],
    });
  });

  test("of a model that is an open table, which query --at reads, too", async () => {
    expect(await history(before, "kept", 20)).toMatchObject({
      kept: 2,
      versions: [{ version: 1, rowsIn: 1, rowsOut: 1 }, { version: 0 }],
    });
    expect(await rowsAt(before, "from kept", "2026-02-02")).toEqual([{ customers: 1 }]);
    expect(await rowsAt(before, "from kept, orders", "2026-02-03T06:00")).toEqual([
      { customers: 2, id: 7 },
    ]);
  });

  test.each([
    ["ids", "Model ids is not an open table, so it has no versions."],
    ["silver_orders", "silver_orders is not an open table, so it has no versions."],
    ["x", 'There is no table "x".'],
  ])("of %s is refused", async (name, message) => {
    await expect(history(before, name, 20)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(message),
      hint: "Open tables are: customers, orders, kept.",
    });
  });
});

// The last test: it changes the lake.
test("a version has the columns of its time, until it is no longer kept", async () => {
  await runAt(after, "2026-02-05T06:00:00Z");
  expect(await rowsAt(after, "from customers order by id", "2026-02-04T06:00")).toEqual([
    { id: 1, name: "c" },
    { id: 2, name: "b" },
  ]);
  expect(await rowsAt(after, "from customers order by id", "2026-02-05T06:00")).toEqual([
    { id: 1, title: null },
    { id: 2, title: null },
  ]);
  arrive(after, "customers", 4, [{ id: 3, title: "x" }]);
  await runAt(after, "2026-02-20T06:00:00Z");
  expect(await rowsAt(after, "select count(*) as n from customers", "3")).toEqual([{ n: 2 }]);
  for (const [at, wanted] of [
    ["2", "version 2"],
    ["2026-02-04T07:00", "version at 2026-02-04T07:00"],
  ] as const) {
    await expect(rowsAt(after, "from customers", at)).rejects.toMatchObject({
      message: expect.stringContaining(`The ${wanted} of customers is no longer kept.`),
      hint: expect.stringContaining("Its kept versions are 3 (2026-02-05T06:00:00.000Z) to 4 ("),
    });
  }
});
