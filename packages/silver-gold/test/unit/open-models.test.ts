/** Models that are open tables. */
import { step } from "@lakehouse/testing/property";
import { date, decimal, int64, string, timestamp } from "@lakehouse/transforms/contract/column";
import type { ModelFormat } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { notNull, unique } from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { beforeEach, expect, test } from "vitest";
import { changedOutputs, inspect } from "../../src/inspect/inspect.ts";
import { contentAt, readHistories } from "../../src/inspect/versions.ts";
import { FileLists } from "../../src/state/file-list.ts";
import { openPartsOf, readRunRecord } from "../../src/state/run-record.ts";
import { sequenceOf } from "../../src/state/state-keys.ts";
import { knownStateOf } from "../../src/state/state-of.ts";
import { arrive, type MemoryLake, newLake, preparedLake, readings, run } from "../support/lake.ts";
import { MemoryCatalog } from "../support/memory-catalog.ts";
import { faulty, watched } from "../support/watched-store.ts";

function catalogOf(format: ModelFormat, description = "Readings of each sensor"): Catalog {
  const monthly = defineModel({
    name: "monthly",
    description,
    materialization: incremental(readings),
    columns: {
      sensor: string().describe("Its name"),
      readings: int64(),
      first: date(),
      total: decimal(38, 4),
      latest: timestamp(),
    },
    sql: `select sensor, count(*) as readings, min(taken_on) as first,
      cast(sum(amount) as decimal(38, 4)) as total, max(taken_at) as latest
      from readings group by sensor`,
    checks: [notNull("sensor")],
    format,
  });
  const summary = defineModel({
    name: "summary",
    description: "All months",
    materialization: full(),
    columns: { sensor: string(), months: int64() },
    sql: "select sensor, count(*) as months from monthly group by sensor",
    checks: [unique("sensor")],
    format,
  });
  return defineCatalog([readings], [monthly, summary]);
}

const open = catalogOf("table");
let lake: MemoryLake;

/** Gold with one row. */
const oneRow = preparedLake(async () => {
  const made = newLake("gold");
  await arrive(made, ["a", 1, "2024-01-05"]);
  await run(made, open);
  return made;
});
/** Gold with two partitions. */
const twoPartitions = preparedLake(async () => {
  const made = newLake("gold");
  await arrive(made, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await run(made, open);
  return made;
});

beforeEach(() => {
  lake = newLake("gold");
});

function keysOf(...names: string[]): string[] {
  return [...lake.gold.objects.keys()]
    .filter((key) => names.includes(key.split("/")[0] ?? ""))
    .sort();
}

type Action = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;

function entry(model: string, version: number): Action[] {
  const key = `${model}/_delta_log/${String(version).padStart(20, "0")}.json`;
  const lines = lake.gold.text(key)?.trimEnd().split("\n") ?? [];
  return lines.map((line) => JSON.parse(line) as Action);
}

async function versionsOf(name: string) {
  return (await readHistories(lake.gold)).get(name)?.versions ?? [];
}

/** Whether gold has nothing but what the record needs, and every kept version of every open table. */
async function expectWhole(): Promise<void> {
  const found = await readRunRecord(lake.gold);
  const { used: keys } = await knownStateOf(new FileLists(lake.gold), found?.record ?? never());
  const state = [...lake.gold.objects.keys()].filter((key) => sequenceOf(key) !== undefined);
  expect(state.filter((key) => !keys.has(key))).toEqual([]);
  const inspection = await inspect(lake.gold, open);
  const listing = new Map([...lake.gold.objects.keys()].map((key) => [key, key]));
  expect([...inspection.logs.keys()].filter((key) => !listing.has(key))).toEqual([]);
  expect(await changedOutputs(lake.gold, inspection, listing, true)).toEqual(new Set());
  for (const history of (await readHistories(lake.gold)).values()) {
    for (const version of history.versions) {
      expect(contentAt(history, version).keys.filter((key) => !listing.has(key))).toEqual([]);
    }
  }
}

function never(): never {
  throw new TypeError("There is no record.");
}

test("a partition whose rows change is replaced, and each change is a version", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"], ["a", 2, "2024-02-05"]);
  await run(lake, open);
  await arrive(lake, ["b", 1, "2024-02-06"]);
  await run(lake, open);
  await expectWhole();
  const versions = await versionsOf("monthly");
  expect(versions).toMatchObject([
    { version: 0, operation: "append", total: { files: 2, rows: 2 } },
    {
      version: 1,
      operation: "overwrite",
      changed: { files: 1, removedFiles: 1 },
      total: { rows: 3 },
    },
  ]);
  expect(await versionsOf("summary")).toMatchObject([
    { total: { rows: 1 } },
    { total: { rows: 2 } },
  ]);
  const parts = keysOf("monthly").filter(
    (key) => key.endsWith(".parquet") && !key.includes("_log"),
  );
  expect(parts.map((key) => key.replace(/\d{8}-[0-9a-f]{16}/, "N"))).toEqual([
    "monthly/taken_on_month=2024-01/N.parquet",
    "monthly/taken_on_month=2024-02/N.parquet",
    "monthly/taken_on_month=2024-02/N.parquet",
  ]);
  expect(keysOf("monthly", "summary").filter((key) => /\/data\./.test(key))).toEqual([]);
});

test("types, descriptions, required columns and statistics are in the log", async () => {
  lake = await oneRow();
  const metaData = entry("monthly", 0).find((action) => action["metaData"] !== undefined)?.[
    "metaData"
  ];
  expect(metaData).toMatchObject({ name: "monthly", description: "Readings of each sensor" });
  expect(JSON.parse(String(metaData?.["schemaString"]))).toMatchObject({
    fields: [
      { name: "sensor", type: "string", nullable: false, metadata: { comment: "Its name" } },
      { name: "readings", type: "long", nullable: true },
      { name: "first", type: "date" },
      { name: "total", type: "decimal(38,4)" },
      { name: "latest", type: "timestamp" },
    ],
  });
  const add = entry("monthly", 0).find((action) => action["add"] !== undefined)?.["add"];
  expect(JSON.parse(String(add?.["stats"]))).toMatchObject({
    numRecords: 1,
    minValues: { sensor: "a", readings: 1, first: "2024-01-05" },
    nullCount: { sensor: 0 },
  });
});

test("the same content is no new version, also after a rebuild", async () => {
  lake = await twoPartitions();
  const before = keysOf("monthly", "summary");
  expect(await run(lake, open)).toMatchObject({ outcome: "nothing-new" });
  await run(lake, open, { rebuild: true });
  // A note is not in the models.
  await arrive(lake, ["a", 1, "2024-01-05", { note: "x" }]);
  await run(lake, open);
  expect(keysOf("monthly", "summary")).toEqual(before);
  await expectWhole();
});

test("a changed description is a new version with the same files", async () => {
  lake = await oneRow();
  await run(lake, catalogOf("table", "By month"));
  expect(await versionsOf("monthly")).toMatchObject([
    {},
    { changed: { files: 0, removedFiles: 0 } },
  ]);
  expect(entry("monthly", 1)).toContainEqual({
    metaData: expect.objectContaining({ description: "By month" }),
  });
});

test("a model without rows is an empty table", async () => {
  await run(lake, open);
  expect(await versionsOf("summary")).toMatchObject([{ total: { files: 0, rows: 0 } }]);
  await expectWhole();
});

test.each<[ModelFormat, ModelFormat]>([
  ["csv", "table"],
  ["table", "csv"],
  ["parquet", "table"],
  ["table", "parquet"],
])("a model that was %s and is %s leaves nothing of the first", async (first, second) => {
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await run(lake, catalogOf(first));
  await run(lake, catalogOf(second));
  // Files that a query may still be reading stay until the next run.
  expect(await run(lake, catalogOf(second))).toMatchObject({ outcome: "nothing-new" });
  const fresh = newLake("gold");
  fresh.silver.objects.clear();
  for (const [key, stored] of lake.silver.objects) {
    fresh.silver.objects.set(key, stored);
  }
  await run(fresh, catalogOf(second));
  const unnumbered = (keys: Iterable<string>) =>
    [...keys]
      .filter((key) => /^(monthly|summary|_current)\//.test(key))
      .map((key) => key.replace(/\d{8}-/, ""))
      .sort();
  expect(unnumbered(lake.gold.objects.keys())).toEqual(unnumbered(fresh.gold.objects.keys()));
});

test("models that are no longer defined stay, and prune removes all of them", async () => {
  lake = await oneRow();
  const before = keysOf("monthly", "summary");
  const without = defineCatalog([readings], []);
  await arrive(lake, ["b", 1, "2024-01-05"]);
  await run(lake, without);
  expect(keysOf("monthly", "summary")).toEqual(before);
  await run(lake, without, { prune: true });
  await run(lake, without);
  expect(keysOf("monthly", "summary")).toEqual([]);
});

test("a data file that is lost is made again", async () => {
  lake = await twoPartitions();
  const key = keysOf("monthly").find((each) => each.includes("2024-02/")) ?? "";
  await lake.gold.delete(key);
  await arrive(lake, ["b", 1, "2024-02-05", { note: "x" }]);
  await run(lake, open);
  const inspection = await inspect(lake.gold, open);
  const listing = new Map([...lake.gold.objects.keys()].map((each) => [each, each]));
  expect(await changedOutputs(lake.gold, inspection, listing, true)).toEqual(new Set());
  expect((await readRunRecord(lake.gold))?.record.models["monthly"]?.files?.count).toBe(2);
});

test("a data file that was damaged is found, and a rebuild replaces it", async () => {
  lake = await oneRow();
  const key = keysOf("summary").find((each) => each.endsWith(".parquet")) ?? "";
  await lake.gold.put(key, Buffer.from("damage"));
  const listing = () => new Map([...lake.gold.objects.keys()].map((each) => [each, each]));
  const changed = async () =>
    await changedOutputs(lake.gold, await inspect(lake.gold, open), listing(), false);
  expect(await changed()).toEqual(new Set([key]));
  await run(lake, open, { rebuild: true });
  expect(await changed()).toEqual(new Set());
});

test("a catalog has them as Iceberg tables, until their format is another one", async () => {
  const tableCatalog = new MemoryCatalog();
  tableCatalog.put("test", "monthly", { location: "", parameters: { presto_view: "true" } });
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await run(lake, open, { tableCatalog });
  expect([...tableCatalog.entries.keys()].sort()).toEqual(["monthly", "readings", "summary"]);
  const address = tableCatalog.metadataOf("monthly") ?? "";
  expect(address).toMatch(/\/monthly\/metadata\/00001-[\da-f-]{36}\.metadata\.json$/);
  expect(lake.gold.objects.has(address.slice(`s3://${lake.gold.bucket}/`.length))).toBe(true);
  await run(lake, catalogOf("parquet"), { tableCatalog });
  expect([...tableCatalog.entries.keys()]).toEqual(["readings"]);
});

test("a failed check publishes nothing", async () => {
  lake = await oneRow();
  const before = new Map(lake.gold.objects);
  const model = defineModel({
    name: "copy",
    description: "",
    materialization: full(),
    columns: { note: string() },
    sql: "select note from readings",
    checks: [notNull("note")],
    format: "table",
  });
  const failing = defineCatalog([readings], [...open.models, model]);
  await expect(run(lake, failing)).rejects.toMatchObject({ code: "CHECK_FAILED" });
  expect([...lake.gold.objects.keys()].sort()).toEqual([...before.keys()].sort());
});

test("a run that dies at any call is finished by the next one", async () => {
  lake = await oneRow();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  const objects = new Map(lake.gold.objects);
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await run(watched(lake, counting), open, { concurrency: 1 });
  const log = () => keysOf("monthly", "summary").filter((key) => key.includes("_delta_log"));
  const expected = log();
  for (let at = 1; at < counting.calls; at += Math.ceil(counting.calls / 6) * step(3)) {
    lake.gold.objects.clear();
    for (const [key, stored] of objects) {
      lake.gold.objects.set(key, stored);
    }
    await run(watched(lake, faulty(at, "before", true)), open, { concurrency: 1 }).catch(() => {});
    // The second one removes what a query may still have been reading.
    await run(lake, open);
    await run(lake, open);
    await expectWhole();
    expect(log()).toEqual(expected);
    const { record } = (await readRunRecord(lake.gold)) ?? never();
    expect([...openPartsOf(record).values()].map((part) => part.open?.after)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

/** Many rows of each reading, numbered, and as many equal ones. */
const long = defineModel({
  name: "long",
  description: "Many rows",
  materialization: incremental(readings),
  columns: { sensor: string(), number: int64() },
  sql: "select sensor, unnest(range(6000)) as number from readings",
  format: "table",
});
const equal = defineModel({
  name: "equal",
  description: "Equal rows",
  materialization: full(),
  columns: { sensor: string() },
  sql: "select sensor from long where number < 4096",
  format: "table",
});
const counts = defineModel({
  name: "counts",
  description: "The rows that both have",
  materialization: full(),
  columns: { long: int64(), distinct_numbers: int64(), equal: int64() },
  sql: `select count(*) as long, count(distinct (sensor, number)) as distinct_numbers,
    (select count(*) from equal) as equal from long`,
  format: "csv",
});

test("partitions that one statement builds are files of their own", async () => {
  const columns = { sensor: string(), taken_on: date() };
  // Doubles would be built one partition after the other.
  const days = defineModel({
    ...{ name: "days", description: "", materialization: incremental(readings), columns },
    sql: "select sensor, taken_on from readings",
  });
  const sensors = defineModel({
    ...{ name: "sensors", description: "", materialization: incremental(readings) },
    ...{ columns: { ...columns, count: int64() }, format: "table" },
    sql: "select sensor, taken_on, count(*) as count from days group by sensor, taken_on",
  });
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 2, "2024-02-05"], ["b", 3, "2024-02-05"]);
  await run(lake, defineCatalog([readings], [days, sensors]));
  expect(await versionsOf("sensors")).toMatchObject([{ total: { files: 2, rows: 2 } }]);
});

test("a large partition has several files, of which only changed ones are replaced", async () => {
  const many = defineCatalog([readings], [long, equal, counts]);
  const options = { rowsPerFile: 2_048 };
  await arrive(lake, ["b", 1, "2024-01-05"], ["c", 1, "2024-02-05"]);
  await run(lake, many, options);
  expect(lake.gold.text("counts/data.csv")).toBe("long,distinct_numbers,equal\n12000,12000,8192\n");
  const first = keysOf("long").filter((key) => key.includes("taken_on_month=2024-01/"));
  expect(first).toHaveLength(3);
  expect(await versionsOf("long")).toMatchObject([{ total: { files: 6, rows: 12_000 } }]);
  // Files are named by their content, and two of these would have the same.
  expect(await versionsOf("equal")).toMatchObject([{ total: { rows: 8_192 } }]);
  expect((await run(lake, many, { ...options, rebuild: true })).outputs).toBe(0);
  expect(keysOf("long").filter((key) => key.includes("=2024-01/"))).toEqual(first);

  await arrive(lake, ["z", 1, "2024-01-06"]);
  await run(lake, many, options);
  expect((await versionsOf("long")).at(-1)).toMatchObject({
    changed: { files: 4, removedFiles: 1 },
    total: { files: 9, rows: 18_000 },
  });
  expect(lake.gold.text("counts/data.csv")).toContain("18000,18000,12288");
  const inspection = await inspect(lake.gold, many);
  const listing = new Map([...lake.gold.objects.keys()].map((key) => [key, key]));
  expect(await changedOutputs(lake.gold, inspection, listing, true)).toEqual(new Set());
  const { files = [] } = inspection.models.find(({ model }) => model.name === "long") ?? {};
  expect(files.map(({ rows }) => rows).reduce((sum, rows) => sum + rows, 0)).toBe(18_000);

  // A file that is lost or damaged is made again.
  const [lost = ""] = files.map(({ key }) => key);
  await lake.gold.delete(lost);
  await run(lake, many, options);
  expect((await versionsOf("long")).at(-1)).toMatchObject({ total: { files: 9, rows: 18_000 } });
});
