/** Tables and models without a definition: a run leaves them as they are until it is told to remove them. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, incremental, inFormat } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { changedOutputs, inspect } from "../../src/inspect/inspect.ts";
import { readHistories } from "../../src/inspect/versions.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import {
  bronzeKey,
  catalog,
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
import { MemoryCatalog } from "../support/memory-catalog.ts";

const visits = defineTable({
  name: "visits",
  columns: { id: string().notNull(), day: date().notNull() },
  primaryKey: ["id"],
  partitionBy: month("day"),
});
const visitDays = defineModel({
  name: "visit_days",
  description: "Visits of each day",
  materialization: incremental(visits),
  columns: { day: date(), visits: int64() },
  sql: "select day, count(*) as visits from visits group by day",
});
/** Reads a table that stays. */
const busySensors = defineModel({
  name: "busy_sensors",
  description: "Readings and visits",
  materialization: full(),
  columns: { sensor: string(), readings: int64(), visits: int64() },
  sql: "select sensor, count(*) as readings, (select count(*) from visits) as visits from readings group by sensor order by sensor",
});

const before = defineCatalog([readings, visits], [monthly, summary, visitDays, busySensors]);
const after = defineCatalog([readings], [monthly, summary]);
const empty = defineCatalog([], []);

const retired = [
  { kind: "table", name: "visits", rows: 2, files: 2 },
  { kind: "model", name: "busy_sensors", rows: 1, files: 1 },
  { kind: "model", name: "visit_days", rows: 2, files: 2 },
];

const startLake = preparedLake(async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  await writeSilver(
    lake.silver,
    bronzeKey(2, "visits"),
    [
      { id: "1", day: "2024-01-05" },
      { id: "2", day: "2024-02-05" },
    ],
    visits,
  );
  await run(lake, before);
  return lake;
});

async function addReading(lake: MemoryLake, minute: number): Promise<void> {
  await writeSilver(lake.silver, bronzeKey(minute), [reading("a", minute, "2024-01-06")]);
}

/** What a lake with the same silver publishes in one run. */
async function inOneRun({ silver }: MemoryLake, of = before): Promise<Record<string, string>> {
  const lake = { ...newLake("gold"), silver };
  await run(lake, of);
  return published(lake.gold);
}

function outputsOf({ gold }: MemoryLake): Record<string, string> {
  return published(gold);
}

test("a removed table and its models stay as they are, and everything else is brought up to date", async () => {
  const lake = await startLake();
  const first = published(lake.gold);
  expect(await run(lake, after)).toMatchObject({ outcome: "nothing-new", retired, removed: [] });
  expect(published(lake.gold)).toEqual(first);

  await addReading(lake, 3);
  const result = await run(lake, after);
  expect(result).toMatchObject({
    outcome: "published",
    retired,
    removed: [],
    currentRows: { readings: 2 },
    models: [{ name: "monthly" }, { name: "summary" }],
  });
  expect(lake.gold.text("summary/data.csv")).toBe("sensor,months,total\na,1,\n");
  for (const key of Object.keys(first).filter((each) => /visit|busy/.test(each))) {
    expect(published(lake.gold)[key], key).toBe(first[key]);
  }
  expect(await run(lake, after, { rebuild: true })).toMatchObject({ retired, removed: [] });
  expect(Object.keys(published(lake.gold))).toEqual(Object.keys(first));
  // Nothing is left to do, so nothing is written every quarter of an hour.
  expect(await run(lake, after)).toMatchObject({ outcome: "nothing-new", retired });
});

test("they are removed with all their files if the run is told so", async () => {
  const lake = await startLake();
  expect(await run(lake, after, { prune: true })).toMatchObject({
    outcome: "published",
    retired: [],
    removed: retired,
  });
  await run(lake, after);
  const alone = { ...newLake("gold"), silver: lake.silver };
  await run(alone, after);
  expect(published(lake.gold)).toEqual(published(alone.gold));
  expect([...lake.gold.objects.keys()].filter((key) => /visit|busy/.test(key))).toEqual([]);
  expect(await run(lake, after, { prune: true })).toMatchObject({
    outcome: "nothing-new",
    removed: [],
  });
});

test.each([
  ["left in place", false],
  ["removed", true],
])("a table and models that come back after they were %s have the right rows", async (_, prune) => {
  const lake = await startLake();
  await addReading(lake, 3);
  await run(lake, after, { prune });
  await addReading(lake, 4);
  await writeSilver(lake.silver, bronzeKey(5, "visits"), [{ id: "3", day: "2024-02-06" }], visits);
  await run(lake, after);
  expect(await run(lake, before)).toMatchObject({ outcome: "published", retired: [] });
  expect(outputsOf(lake)).toEqual(await inOneRun(lake));
  expect(lake.gold.text("busy_sensors/data.csv")).toBe("sensor,readings,visits\na,3,3\n");
  expect(await run(lake, before)).toMatchObject({ outcome: "nothing-new" });
});

test("without any table, nothing is removed", async () => {
  const lake = await startLake();
  const first = published(lake.gold);
  const { retired: all } = await run(lake, empty, { rebuild: true });
  expect(all.map(({ name }) => name)).toEqual([
    "readings",
    "visits",
    "busy_sensors",
    "monthly",
    "summary",
    "visit_days",
  ]);
  expect(published(lake.gold)).toEqual(first);
  await run(lake, before);
  expect(outputsOf(lake)).toEqual(await inOneRun(lake));
  await run(lake, empty, { prune: true });
  expect(published(lake.gold)).toEqual({});
});

test("a renamed table or model is built under its new name, and stays under the old one", async () => {
  const lake = await startLake();
  const calls = defineTable({
    name: "calls",
    columns: { id: string().notNull(), day: date().notNull() },
    primaryKey: ["id"],
    partitionBy: month("day"),
  });
  const callDays = defineModel({
    name: "call_days",
    description: "Calls of each day",
    materialization: incremental(calls),
    columns: { day: date(), visits: int64() },
    sql: "select day, count(*) as visits from calls group by day",
  });
  await writeSilver(lake.silver, bronzeKey(9, "calls"), [{ id: "1", day: "2024-03-05" }], calls);
  const renamed = defineCatalog([readings, calls], [monthly, summary, callDays]);
  const result = await run(lake, renamed);
  expect(result).toMatchObject({ retired, currentRows: { readings: 1, calls: 1 } });
  expect(lake.gold.text("call_days/day_month=2024-03/data.csv")).toBe("day,visits\n2024-03-05,1\n");
  expect(Object.keys(published(lake.gold))).toContain("visit_days/day_month=2024-01/data.csv");
});

test("a model in another format replaces its file", async () => {
  const lake = await startLake();
  const parquet = defineCatalog(
    [readings, visits],
    [monthly, inFormat(summary, "parquet"), visitDays, busySensors],
  );
  expect(await run(lake, parquet)).toMatchObject({ outcome: "published", retired: [] });
  const keys = Object.keys(published(lake.gold)).filter((key) => key.startsWith("summary/"));
  expect(keys).toEqual(["summary/data.parquet"]);
});

test("files of a removed model that somebody changed or removed cost no further runs", async () => {
  const lake = await startLake();
  await run(lake, after);
  await lake.gold.delete("busy_sensors/data.csv");
  await lake.gold.put("visit_days/day_month=2024-01/data.csv", Buffer.from("mine"));
  await lake.gold.put("visit_days/by=1/data.csv", Buffer.from("mine"));
  expect(await run(lake, after)).toMatchObject({ outcome: "nothing-new" });
  await addReading(lake, 3);
  await run(lake, after);
  expect(lake.gold.text("visit_days/day_month=2024-01/data.csv")).toBe("mine");
  // A file of the model that came back is right again.
  await run(lake, before);
  expect(outputsOf(lake)).toEqual(await inOneRun(lake));
});

test("what a run would remove is known beforehand", async () => {
  const lake = await startLake();
  expect((await inspect(lake.gold, after)).retired).toEqual(retired);
  expect((await inspect(lake.gold, before)).retired).toEqual([]);
  expect((await inspect(lake.gold, catalog)).retired).toEqual(retired);
});

test("a restored record leaves files of models that it does not know, until a run prunes", async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  await run(lake, after);
  const { bytes } = lake.gold.objects.get("_state/run.json") ?? { bytes: Buffer.alloc(0) };
  await run(lake, before);
  await lake.gold.put("_state/run.json", bytes);
  await lake.gold.put("theirs/data.csv", Buffer.from("1"));
  const has = (key: string) => lake.gold.objects.has(key);
  await run(lake, after);
  expect(has("busy_sensors/data.csv")).toBe(true);
  await run(lake, after, { prune: true });
  expect(has("busy_sensors/data.csv")).toBe(false);
  // No run has published it.
  expect(has("theirs/data.csv")).toBe(true);
  expect(await run(lake, after, { prune: true })).toMatchObject({ outcome: "nothing-new" });
});

test("a removed table whose state is lost stops nothing, and its files stay", async () => {
  const lake = await startLake();
  const files = [...lake.gold.objects.keys()].filter((key) => key.startsWith("visits/"));
  const lost = /^_state\/(?:open|files|manifest)\/visits\//;
  for (const key of [...lake.gold.objects.keys()].filter((each) => lost.test(each))) {
    await lake.gold.delete(key);
  }
  const tableCatalog = new MemoryCatalog();
  // Nothing is new, but commands would look for its versions.
  expect(await run(lake, after)).toMatchObject({ outcome: "published", retired });
  expect([...(await readHistories(lake.gold)).keys()]).toEqual(["readings"]);
  expect(await run(lake, after)).toMatchObject({ outcome: "nothing-new", retired });
  for (const minute of [3, 4]) {
    await addReading(lake, minute);
    expect(await run(lake, after, { tableCatalog })).toMatchObject({
      outcome: "published",
      retired,
    });
  }
  expect((await inspect(lake.gold, after)).retired).toEqual(retired);
  expect((await readHistories(lake.gold)).get("readings")?.versions).toHaveLength(3);
  expect(files.filter((key) => !lake.gold.objects.has(key))).toEqual([]);
  expect(await run(lake, after, { tableCatalog, prune: true })).toMatchObject({ retired: [] });
});

test.each(["table", "csv"] as const)(
  "a removed table's name is free for a model (%s) once it is pruned, and the other way round",
  async (format) => {
    const lake = await startLake();
    const first = lake.gold.text("visits/_delta_log/00000000000000000000.json");
    const named = defineCatalog(
      [readings],
      [
        defineModel({
          name: "visits",
          description: "Readings",
          materialization: full(),
          columns: { sensor: string(), number: int64() },
          sql: "select sensor, number from readings",
          format,
        }),
      ],
    );
    const rows = { name: "visits", rows: 1 };
    const tables = { kind: "usage", code: "NAME_TAKEN" };
    await expect(run(lake, named)).rejects.toMatchObject({
      ...tables,
      message: expect.stringContaining("Gold still has the table visits"),
      hint: "Remove the table from gold: lakehouse gold --prune. Or give the model another name.",
    });
    expect(lake.gold.text("visits/_delta_log/00000000000000000000.json")).toBe(first);
    expect(await run(lake, named, { prune: true })).toMatchObject({ models: [rows] });
    await run(lake, named);
    const versions = (await readHistories(lake.gold)).get("visits")?.versions ?? [];
    expect(versions).toMatchObject(format === "table" ? [{ version: 0, total: { rows: 1 } }] : []);
    expect(Object.keys((await readRunRecord(lake.gold))?.record.tables ?? {})).toEqual([
      "readings",
    ]);
    const keys = [...lake.gold.objects.keys()].filter((key) => key.startsWith("visits/"));
    expect(keys.some((key) => key.includes("day_month"))).toBe(false);
    expect(keys.filter((key) => key.includes("_delta_log"))).toHaveLength(versions.length);

    const back = defineCatalog([readings, visits], []);
    await expect(run(lake, back)).rejects.toMatchObject({
      ...tables,
      message: expect.stringContaining("Gold still has the model visits"),
    });
    await run(lake, back, { prune: true });
    await run(lake, back);
    expect((await readHistories(lake.gold)).get("visits")?.versions).toMatchObject([
      { version: 0, total: { rows: 2 } },
    ]);
    expect(lake.gold.objects.has("visits/data.csv")).toBe(false);
    const listing = new Map([...lake.gold.objects].map(([key, { etag }]) => [key, etag]));
    const inspection = await inspect(lake.gold, back);
    expect(await changedOutputs(lake.gold, inspection, listing, true)).toEqual(new Set());
    expect([...inspection.logs.keys()].filter((key) => !listing.has(key))).toEqual([]);
  },
);
