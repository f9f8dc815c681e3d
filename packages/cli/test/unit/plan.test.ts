/** `plan` and `apply`: what changed in contracts and models, what that costs, and that apply does just that. */
import { readdirSync } from "node:fs";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { date, decimal, int32, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { rowCount } from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { apply } from "../../src/commands/apply/apply.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { plan } from "../../src/commands/plan/plan.ts";
import { planLines, remoteReplayLines } from "../../src/commands/plan/plan-text.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { arrive, contextOf } from "../support/context.ts";

const columns = { id: int64().notNull(), day: date().notNull(), n: int32(), note: string() };
const keyed = { primaryKey: ["id"] as const };
const partitionBy = month("day");
const before = defineTable({ name: "orders", columns, ...keyed, partitionBy });
const visits = defineTable({ name: "visits", columns: { id: int64() } });
const daily = (table: Table) => ({
  name: "daily",
  description: "",
  materialization: incremental(table),
  columns: { day: date(), orders: int64() },
  sql: "select day, count(*) as orders from orders group by day",
});
const all = {
  name: "all_orders",
  description: "",
  materialization: full(),
  columns: { n: int64() },
  sql: "select cast(sum(orders) as bigint) as n from daily",
};
const old = defineCatalog(
  [before, visits],
  [defineModel(daily(before)), defineModel(all), defineModel({ ...all, name: "gone" })],
);

/** A lake that is up to date with the old definitions. */
async function lakeOf() {
  const folder = temporaryDirectory();
  const context = contextOf(folder, old);
  const records = Array.from({ length: 10 }, (_, id) => ({ id, day: "2024-02-29", n: 1 }));
  arrive(context, "orders", 1, records);
  arrive(context, "orders", 2, [{ id: 20, day: "2024-03-01", n: 1, channel: "web" }]);
  arrive(context, "visits", 1, [{ id: 1 }]);
  await silver(context);
  await gold(context);
  const withDefinitions = (catalog: Catalog, answers: readonly string[] = []) => {
    const [left, questions] = [[...answers], [] as string[]];
    const ask = async (question: string): Promise<string> => {
      questions.push(question);
      return left.shift() ?? "";
    };
    return { ...contextOf(folder, catalog), questions, ask };
  };
  return { context, withDefinitions };
}

/** All files, apart from what the store notes of files that somebody dropped in. */
const listing = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes(".lakehouse"))
    .sort();

test("columns, replays, rebuilt partitions, models, removed tables and new files; and apply does it", async () => {
  const { context, withDefinitions } = await lakeOf();
  const { screen } = context;
  expect(planLines(await plan(context), screen)).toEqual([
    "Nothing to do: the lake is what contracts and models say.",
  ]);
  const mistakes = [{ folder: "visits", part: "contract", message: "" }] as const;
  expect(planLines(await plan({ ...context, mistakes }), screen)).toEqual([
    "Nothing to do for the other tables and models.",
    "What has a mistake was not compared.",
  ]);
  const { note: _, ...kept } = columns;
  const after = defineTable({
    name: "orders",
    columns: {
      ...kept,
      n: int64(),
      channel: string(),
      total: decimal(9, 2).notNull().from("id"),
    },
    primaryKey: ["id", "day"],
    partitionBy,
  });
  const devices = defineTable({ name: "devices", columns: { id: int64() } });
  const now = defineCatalog(
    [devices, after],
    [
      defineModel(daily(after)),
      defineModel({
        ...all,
        columns: { n: decimal(38, 0) },
        sql: all.sql.replace("bigint", "decimal(38, 0)"),
      }),
    ],
  );
  arrive(context, "devices", 1, [{ id: 1 }]);
  const changed = withDefinitions(now, ["y", "y"]);
  const files = listing(context.location);
  const found = await plan(changed);
  expect(found).toMatchObject({ isChanged: true, isBreaking: true });
  const lines = planLines(found, screen).map((line) => line.replaceAll(/[\d.]+ (Ki)?B/g, "SIZE"));
  expect(lines.slice(1)).toEqual([
    "+ table devices: new",
    "    process 1 new bronze object",
    "~ table orders",
    "    ~ column n int32 → int64",
    "    + column channel string",
    "    + column total decimal(9,2) BREAKING: records without it will be refused",
    "    - column note string BREAKING: readers of it will fail",
    "    ~ primaryKey id → id, day BREAKING: rows are told apart in another way",
    "    replay 2 objects that an older contract made (SIZE of silver)",
    "    merge again 2 of 2 partitions, now 2 files with SIZE, and those of new records",
    "~ model daily reads orders",
    "    build 2 of 2 partitions, now 2 files with SIZE, and those of new records",
    "~ model all_orders: its definition changed",
    "    ~ column n int64 → decimal(38,0) BREAKING: readers of it may fail",
    "    build all of it, now 1 file with SIZE",
    "- table visits (1 current row in 1 file) is no longer defined",
    "- model gone (1 row in 1 file) is no longer defined",
  ]);
  expect(remoteReplayLines(found, context)).toEqual([]);
  const deployed = { commandLine: "lakehouse --env prod", environment: "prod" };
  expect(remoteReplayLines(found, deployed)).toEqual([
    expect.stringContaining("To have AWS do that, run this after the deployment and before apply"),
    "  lakehouse --env prod replay orders --outdated --remote",
  ]);
  // A plan changes nothing.
  expect(listing(context.location)).toEqual(files);

  const { done } = await apply(changed, { yes: false, show: () => {} });
  expect(changed.questions).toEqual([
    "Apply it? [y/N] ",
    "Remove from gold what is no longer defined (table visits, model gone)? Bronze and silver stay. [y/N] ",
  ]);
  expect(done).toMatchObject({
    silver: { objects: 1 },
    replayed: { objects: 2 },
    gold: { outcome: "published", removed: [{ name: "visits" }, { name: "gone" }] },
    // The bronze of visits has no contract now.
    audit: { problems: [{ kind: "unknown_table", object: "visits" }] },
  });
  expect(await plan(changed)).toMatchObject({ isChanged: false, retired: [] });
});

test("only what a new object changes is planned; a no changes nothing; a decrease is asked for by name", async () => {
  const { context, withDefinitions } = await lakeOf();
  const limited = defineTable({
    name: "orders",
    columns: { ...columns, n: int32().range({ maximum: 1 }) },
    ...keyed,
    partitionBy,
    checks: [rowCount({ maximumDecrease: 0.5 })],
  });
  const now = defineCatalog(
    [limited, visits],
    [defineModel(daily(limited)), defineModel(all), defineModel({ ...all, name: "gone" })],
  );
  arrive(context, "orders", 3, [{ id: 30, day: "2024-05-01", n: 1 }]);
  const found = await plan(context);
  expect(found).toMatchObject({ isBreaking: false, retired: [] });
  expect(planLines(found, context.screen).slice(1)).toEqual([
    "~ table orders",
    "    process 1 new bronze object",
    "~ model daily reads orders",
    "~ model all_orders reads daily",
    expect.stringMatching(/^ {4}build all of it, now 1 file with \d+ B$/),
    "~ model gone reads daily",
    expect.any(String),
  ]);
  expect(await apply(withDefinitions(now, ["n"]), { yes: false, show: () => {} })).toMatchObject({
    done: null,
  });
  const { ask: _, ...unattended } = withDefinitions(now);
  await expect(apply(unattended, { yes: false, show: () => {} })).rejects.toThrow("apply --yes");

  // All records of the lake break the new rule.
  const tight = defineTable({
    name: "orders",
    columns: { ...columns, n: int32().range({ minimum: 2 }) },
    ...keyed,
    partitionBy,
    checks: [rowCount({ maximumDecrease: 0.5 })],
  });
  const changed = withDefinitions({ ...now, tables: [tight, visits], models: [] }, ["y", "n", "y"]);
  const { done } = await apply(changed, { yes: false, show: () => {} });
  expect(changed.questions.slice(2)).toEqual([
    "orders would keep 0 of 11 published rows. Accept that? [y/N] ",
  ]);
  expect(done).toMatchObject({ accepted: ["orders"], gold: { currentRows: 1 } });
});
