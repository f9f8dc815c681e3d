/** A changed contract: every command says which silver is older, and replay --outdated processes just that. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openLake } from "@lakehouse/lake/lake";
import { temporaryDirectory } from "@lakehouse/testing/temporary-directory";
import { type Column, date, int64, string } from "@lakehouse/transforms/contract/column";
import { day, month } from "@lakehouse/transforms/contract/partition";
import { defineTable, type TableDefinition } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { audit } from "../../src/commands/audit/audit.ts";
import { gold } from "../../src/commands/gold/gold.ts";
import { replay } from "../../src/commands/replay/replay.ts";
import { silver } from "../../src/commands/silver/silver.ts";
import { status } from "../../src/commands/status/status.ts";
import type { Context } from "../../src/context.ts";
import { outdatedTables, outdatedText } from "../../src/outdated.ts";
import { noProgress } from "../../src/output/progress.ts";

type Columns = Readonly<Record<string, Column>>;

const folder = temporaryDirectory();
const plain = { id: int64().notNull(), day: date().notNull(), s: string() };

function table(name: string, s: Column, changes: Partial<TableDefinition<Columns>> = {}) {
  return defineTable<Columns>({
    name,
    columns: { ...plain, s },
    primaryKey: ["id"],
    partitionBy: month("day"),
    ...changes,
  });
}

function contextOf(lake: string, visits: ReturnType<typeof table>): Context {
  const location = join(folder, lake);
  return {
    catalog: defineCatalog([visits, table("others", string())], []),
    location,
    lake: openLake(location, {}),
    mistakes: [],
    commandLine: "npm run -s lakehouse --",
    settings: {},
    folder,
    scratch: join(folder, "scratch"),
    json: false,
    screen: { columns: undefined, paint: (_, text) => text },
    progress: noProgress,
    passOver: () => {},
    signal: new AbortController().signal,
  };
}

function receive({ location }: Context, name: string, ...records: readonly string[]): void {
  const path = join(location, "bronze", name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, records.join("\n"));
}

const command = "npm run -s lakehouse -- replay visits --outdated";
const two = [{ table: "visits", objects: 2, command }];

test("a tightened contract is reported by each command until replay --outdated has run", async () => {
  const before = contextOf("tightened", table("visits", string()));
  receive(before, "visits/2026/01/31/07/a.ndjson", '{"id":1,"day":"2026-01-31","s":"zzz"}');
  receive(before, "visits/2026/01/31/07/b.ndjson", '{"id":2,"day":"2026-01-31"}');
  receive(before, "others/2026/01/31/07/a.ndjson", '{"id":1,"day":"2026-01-31"}');
  await silver(before);
  expect(await gold(before)).toMatchObject({ outcome: "published", outdated: [] });

  const after = contextOf("tightened", table("visits", string().notNull().accepts("a", "b")));
  receive(after, "visits/2026/01/31/08/c.ndjson", '{"id":3,"day":"2026-01-31","s":"a"}');
  await silver(after);
  expect(await outdatedTables(after)).toEqual(two);
  const remote = [{ table: "visits", objects: 2, command: `${command} --remote` }];
  expect(await outdatedTables({ ...after, environment: "prod" })).toEqual(remote);
  expect(await gold(after)).toMatchObject({ newObjects: 1, outdated: two });
  expect(await status(after, new Date())).toMatchObject({ outdated: two });
  expect(await audit(after)).toMatchObject({
    ok: false,
    problems: [{ kind: "outdated_contract", object: "visits", hint: expect.any(String) }],
  });
  expect(outdatedText(two, after.screen)).toBe(
    `2 silver objects of visits were made by an older contract. To process them again: ${command}\n`,
  );

  const done = await replay(after, after.catalog.tables, { outdated: true });
  expect(done).toMatchObject({ objects: 2, rows: 0, quarantined: 2, failed: [] });
  expect(await outdatedTables(after)).toEqual([]);
  expect(await gold(after)).toMatchObject({ currentRowsByTable: { visits: 1 }, outdated: [] });
  expect(await audit(after)).toMatchObject({ ok: true });
});

test("replay --outdated keeps to the days of arrival, and says what it can't process", async () => {
  const before = contextOf("days", table("visits", string().notNull()));
  receive(before, "visits/2026/01/30/07/a.ndjson", '{"id":1,"day":"2026-01-31"}');
  receive(before, "visits/2026/01/31/07/b.ndjson", '{"id":2,"day":"2026-01-31"}');
  await silver(before);
  const after = contextOf("days", table("visits", string()));
  expect(await outdatedTables(after)).toEqual(two);
  const options = { outdated: true, from: "2026-01-31" };
  expect(await replay(after, after.catalog.tables, options)).toMatchObject({ objects: 1, rows: 1 });

  await after.lake.bronze.delete("visits/2026/01/30/07/a.ndjson");
  const failed = [{ object: "visits/2026/01/30/07/a.ndjson", code: "OBJECT_NOT_FOUND" }];
  const again = await replay(after, after.catalog.tables, { outdated: true });
  expect(again).toMatchObject({ objects: 0, failed });
});

test.each<[string, Column, Partial<TableDefinition<Columns>>, objects: number]>([
  ["a rule is removed", string(), {}, 1],
  ["a column is retyped", int64().notNull(), {}, 1],
  ["a column is added", string().notNull(), { columns: { ...plain, more: string() } }, 1],
  ["silver's format changes", string().notNull(), { format: { silver: "parquet" } }, 1],
  ["nothing changes", string().notNull(), {}, 0],
  ["a description changes", string().notNull().describe("new"), { description: "new" }, 0],
  ["the key changes", string().notNull(), { primaryKey: ["id", "s"] }, 0],
  ["the partitioning changes", string().notNull(), { partitionBy: day("day") }, 0],
])("%s", async (name, s, changes, objects) => {
  const before = contextOf(name, table("visits", string().notNull()));
  receive(before, "visits/2026/01/31/07/a.ndjson", '{"id":1,"day":"2026-01-31","s":"1"}');
  await silver(before);
  await before.lake.silver.put("visits/by hand.csv", Buffer.from("id,day,s\n"));
  await before.lake.silver.put(
    "visits/ingest_date=2026-01-31/hour=08.by hand.csv",
    Buffer.from("id,day,s\n"),
  );
  const found = await outdatedTables(contextOf(name, table("visits", s, changes)));
  expect(found.reduce((sum, each) => sum + each.objects, 0)).toBe(objects);
});
