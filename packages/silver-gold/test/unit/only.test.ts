/** Runs of some models: they are built with what they read, and no other model passes for up to date. */
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { relationship } from "@lakehouse/transforms/model/check";
import { defineModel, full, inFormat } from "@lakehouse/transforms/model/model";
import { beforeEach, expect, test } from "vitest";
import { inspect } from "../../src/inspect/inspect.ts";
import {
  arrive,
  bronzeKey,
  type MemoryLake,
  monthly,
  newLake,
  preparedLake,
  published,
  reading,
  readings,
  run,
  summary,
  writeSilver,
} from "../support/lake.ts";

const notes = (sql: string) =>
  defineModel({
    name: "notes",
    description: "",
    materialization: full(),
    columns: { sensor: string(), readings: int64() },
    sql,
    checks: [],
  });
const counted = notes("select sensor, count(*) as readings from readings group by sensor");
const doubled = notes("select sensor, 2 * count(*) as readings from readings group by sensor");
const openNotes = inFormat({ ...counted, name: "open_notes" }, "table");
const before = defineCatalog([readings], [monthly, summary, counted, openNotes]);
const edited = defineCatalog([readings], [monthly, summary, doubled, openNotes]);

let lake: MemoryLake;

const firstRun = preparedLake(async () => {
  const made = newLake("gold");
  await arrive(made, ["a", 1, "2024-01-05"]);
  await run(made, before);
  return made;
});

beforeEach(async () => {
  lake = await firstRun();
});

async function inOneRun(): Promise<Record<string, string>> {
  const other = { ...newLake("gold"), silver: lake.silver };
  await run(other, edited);
  return published(other.gold);
}

async function freshness(): Promise<Record<string, string>> {
  const { models } = await inspect(lake.gold, edited);
  return Object.fromEntries(models.map((each) => [each.model.name, each.freshness]));
}

/** The outputs of models that are not open tables. */
const models = (text: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(text).filter(([key]) => key.endsWith(".csv")));

test("new rows: the model and what it reads are built, the others stay until a full run", async () => {
  await writeSilver(lake.silver, bronzeKey(2), [reading("b", 1, "2024-02-05")]);
  const first = published(lake.gold);
  const result = await run(lake, edited, { only: ["summary"] });
  expect(result).toMatchObject({ outcome: "published", retired: [], removed: [] });
  expect(result.models.map(({ name, built }) => [name, built > 0])).toEqual([
    ["monthly", true],
    ["notes", false],
    ["open_notes", false],
    ["summary", true],
  ]);
  expect(lake.gold.text("summary/data.csv")).toBe("sensor,months,total\na,1,\nb,1,\n");
  expect(lake.gold.text("notes/data.csv")).toBe(first["notes/data.csv"]);
  expect(await freshness()).toEqual({
    monthly: "current",
    summary: "current",
    notes: "changed",
    open_notes: "changed",
  });
  expect(await run(lake, edited)).toMatchObject({ outcome: "published", retired: [] });
  expect(models(published(lake.gold))).toEqual(models(await inOneRun()));
  expect(new Set(Object.values(await freshness()))).toEqual(new Set(["current"]));
  expect(await run(lake, edited)).toMatchObject({ outcome: "nothing-new" });
});

test("an edited model alone: the others are still up to date, and nothing is built twice", async () => {
  expect(await run(lake, edited, { only: ["notes"] })).toMatchObject({ outcome: "published" });
  expect(lake.gold.text("notes/data.csv")).toBe("sensor,readings\na,2\n");
  expect(new Set(Object.values(await freshness()))).toEqual(new Set(["current"]));
  expect(await run(lake, edited)).toMatchObject({ outcome: "nothing-new" });
});

test("models that read the edited one are built by the next full run", async () => {
  const total = defineModel({
    name: "total",
    description: "",
    materialization: full(),
    columns: { readings: int64() },
    sql: "select cast(sum(readings) as bigint) as readings from notes",
  });
  await run(lake, defineCatalog([readings], [counted, total]), { prune: true });
  const both = defineCatalog([readings], [doubled, total]);
  await run(lake, both, { only: ["notes"] });
  expect(lake.gold.text("total/data.csv")).toBe("readings\n1\n");
  await run(lake, both);
  expect(lake.gold.text("total/data.csv")).toBe("readings\n2\n");
});

test("what a check reads is built, too", async () => {
  const checked = { ...counted, checks: [relationship("sensor", "summary", "sensor")] };
  await writeSilver(lake.silver, bronzeKey(2), [reading("b", 1, "2024-02-05")]);
  const catalog = defineCatalog([readings], [monthly, summary, checked, openNotes]);
  expect(await run(lake, catalog, { only: ["notes"] })).toMatchObject({ outcome: "published" });
  expect(lake.gold.text("summary/data.csv")).toContain("b,1");
});

test("it never prunes", async () => {
  await run(lake, edited, { only: ["notes"], prune: true });
  expect(Object.keys(published(lake.gold))).toContain("summary/data.csv");
});
