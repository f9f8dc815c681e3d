/** What `inspect` reports about gold: the state of each table and model, and the published objects. */
import { text } from "node:stream/consumers";
import { date, string } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { listSilver } from "../../src/current/silver-objects.ts";
import { changedFiles, compareSilver, inspect, noInspection } from "../../src/inspect/inspect.ts";
import { parseRunRecord, serializeRunRecord } from "../../src/state/run-record.ts";
import { isLog, isState } from "../../src/state/state-keys.ts";
import {
  bronzeKey,
  monthly,
  newLake,
  reading,
  readings,
  run,
  scratch,
  smallCatalog,
  summary,
  writeSilver,
} from "../support/lake.ts";

async function startLake() {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05"),
    reading("b", 2, "2024-02-05"),
  ]);
  await run(lake, smallCatalog);
  return lake;
}

test("before the first run, everything is new", async () => {
  const lake = newLake();
  const inspection = await inspect(lake.gold, smallCatalog);
  expect(inspection).toEqual(noInspection(smallCatalog));
  expect(inspection).toMatchObject({
    lastRun: undefined,
    currentRows: 0,
    tables: [{ table: readings, freshness: "new", files: [] }],
    models: [
      { model: monthly, freshness: "new", files: [] },
      { model: summary, freshness: "new", files: [] },
    ],
  });
});

test("after a run, it reports current rows by partition, and the etag of each published object", async () => {
  const { gold } = await startLake();
  const { lastRun, tables, models, currentRows, pending, published } = await inspect(
    gold,
    smallCatalog,
  );
  expect(lastRun).toMatchObject({ sequence: 1, newObjects: 1, finishedAt: expect.any(String) });
  expect(currentRows).toBe(2);
  expect(tables).toMatchObject([{ freshness: "current", files: [{ rows: 1 }, { rows: 1 }] }]);
  expect(models).toMatchObject([
    { freshness: "current", format: "csv", files: [{ rows: 1 }, { rows: 1 }] },
    { freshness: "current", format: "csv", files: [{ key: "summary/data.csv", rows: 2 }] },
  ]);
  expect(pending.size).toBe(0);
  const listed = [...gold.objects.keys()].filter((key) => !isState(key) && !isLog(key));
  expect([...published.keys()].sort()).toEqual(listed.sort());
  for (const [key, version] of published) {
    expect((await gold.head(key))?.etag, key).toBe(version);
  }
});

test("it reports definitions that changed since the last run", async () => {
  const { gold } = await startLake();
  const table = defineTable({
    name: readings.name,
    columns: { sensor: string().notNull(), taken_on: date().notNull() },
    primaryKey: ["sensor"],
    partitionBy: day("taken_on"),
  });
  const model = defineModel({
    name: summary.name,
    description: "",
    materialization: full(),
    columns: { sensor: string() },
    sql: "select sensor from readings",
  });
  const { tables, models } = await inspect(gold, defineCatalog([table], [model]));
  expect(tables).toMatchObject([{ freshness: "changed" }]);
  expect(models).toMatchObject([{ freshness: "changed" }]);
});

test("an output that is committed but not published is found where it was staged", async () => {
  const { gold } = await startLake();
  const record = parseRunRecord(await text(await gold.read("_state/run.json")));
  const pending = { "summary/data.csv": "_state/staged/00000001-0123456789abcdef.csv" };
  await gold.put("_state/run.json", serializeRunRecord({ ...record, pending }));
  const inspection = await inspect(gold, smallCatalog);
  expect([...inspection.pending]).toEqual(["summary/data.csv"]);
  expect(inspection.models[1]?.files).toMatchObject([{ key: pending["summary/data.csv"] }]);
});

test("it counts silver objects that were added or removed since the last run", async () => {
  const lake = await startLake();
  const [state] = (await inspect(lake.gold, smallCatalog)).tables;
  if (state === undefined) {
    throw new Error("no table");
  }
  expect(await compareSilver(lake, state, () => {})).toMatchObject({ added: 0, removed: 0 });
  const [{ key: first = "" } = {}] = await listSilver(lake.silver, readings, () => {});
  await lake.silver.delete(first);
  const second = await writeSilver(lake.silver, bronzeKey(2), [reading("c", 3, "2024-03-05")]);
  expect(await compareSilver(lake, state, () => {})).toEqual({
    added: 1,
    removed: 1,
    keys: [second],
  });
});

test("it finds current rows that are not what a run wrote", async () => {
  const { gold } = await startLake();
  const files = (await inspect(gold, smallCatalog)).tables[0]?.files ?? [];
  const [first, second] = files.map(({ key }) => key);
  const copy = (key = "") => gold.download(key, scratch);
  expect(await changedFiles(files, [await copy(first), await copy(second)])).toEqual([]);
  expect(await changedFiles(files, [await copy(first), await copy(first)])).toEqual([second]);
});
