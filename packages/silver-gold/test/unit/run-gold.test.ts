/** What a run reads, writes and leaves alone. */
import { setImmediate } from "node:timers/promises";
import { date, decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { day } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full, incremental, inFormat } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { readRunRecord } from "../../src/state/run-record.ts";
import { isLog } from "../../src/state/state-keys.ts";
import {
  arrive,
  bronzeKey,
  catalog,
  contentOf,
  dataFilesOf,
  everything,
  monthly,
  newLake,
  preparedLake,
  published,
  putSilver,
  reading,
  readings,
  run,
  smallCatalog,
  summary,
  writeSilver,
} from "../support/lake.ts";
import { watched } from "../support/watched-store.ts";

const oneRow = preparedLake(async () => {
  const lake = newLake();
  await arrive(lake, ["a", 1, "2024-01-31"]);
  await run(lake);
  return lake;
});
const twoPartitions = preparedLake(async () => {
  const lake = newLake();
  await arrive(lake, ["a", 1, "2024-01-31"], ["a", 2, "2024-02-01"]);
  await run(lake);
  return lake;
});

test("publishes full models as one object and incremental ones by partition", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-31", { amount: "1.5000", note: "" }),
    reading("b", 2, "2024-02-01", { amount: "0.2500", note: "x, y" }),
    reading("a", 3, "2024-02-29"),
  ]);
  const result = await run(lake);
  expect(result).toMatchObject({
    outcome: "published",
    published: true,
    sequence: 1,
    newObjects: 1,
    outputs: 4,
    recovered: 0,
    currentRows: { readings: 3 },
    models: [
      { name: "everything", rows: 3, partitions: 1, built: 1 },
      { name: "monthly", rows: 3, partitions: 2, built: 2 },
      { name: "summary", rows: 2, partitions: 1, built: 1 },
    ],
  });
  expect(published(lake.gold)).toEqual({
    "everything/data.csv":
      "sensor,number,taken_on,amount,note,taken_at,ok,ratio,extra\n" +
      'a,1,2024-01-31,1.5000,"",,,,\na,3,2024-02-29,,,,,,\nb,2,2024-02-01,0.2500,"x, y",,,,\n',
    "monthly/taken_on_month=2024-01/data.csv":
      "sensor,taken_in,readings,total\na,2024-01,1,1.5000\n",
    "monthly/taken_on_month=2024-02/data.csv":
      "sensor,taken_in,readings,total\na,2024-02,1,\nb,2024-02,1,0.2500\n",
    "summary/data.csv": "sensor,months,total\na,2,1.5000\nb,1,0.2500\n",
  });
});

test("writes nothing if there is nothing new", async () => {
  const lake = await oneRow();
  const writes = lake.gold.writes.length;
  expect(await run(lake)).toMatchObject({
    outcome: "nothing-new",
    published: false,
    newObjects: 0,
  });
  expect(lake.gold.writes.length).toBe(writes);
});

test("reads and writes only the partitions of new rows", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-31", { amount: "1.0000" }),
    reading("a", 2, "2024-02-01", { amount: "2.0000" }),
  ]);
  await run(lake, smallCatalog);
  await writeSilver(lake.silver, bronzeKey(2), [
    reading("b", 3, "2024-02-02", { amount: "4.0000" }),
  ]);
  lake.silver.reads.length = 0;
  lake.gold.reads.length = 0;
  lake.gold.writes.length = 0;
  expect(await run(lake, smallCatalog)).toMatchObject({ newObjects: 1, outputs: 2 });
  expect(lake.silver.reads).toHaveLength(1);
  expect(lake.gold.reads.filter((key) => key.startsWith("readings/taken_on"))).toHaveLength(1);
  const outputs = lake.gold.writes.filter((key) => !key.startsWith("_state/"));
  expect(outputs.sort()).toEqual([
    "monthly/taken_on_month=2024-02/data.csv",
    "readings/_delta_log/00000000000000000001.json",
    // The old file stays for those who ask for the earlier version.
    expect.stringMatching(/^readings\/taken_on_month=2024-02\/00000002-/),
    "summary/data.csv",
  ]);
});

test("an object that arrived earlier but is processed later does not hide newer rows", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(5), [reading("a", 1, "2024-01-05", { note: "new" })]);
  await run(lake);
  await writeSilver(lake.silver, bronzeKey(4), [reading("a", 1, "2024-01-05", { note: "old" })]);
  const late = await run(lake);
  expect(late).toMatchObject({ newObjects: 1, outputs: 0, currentRows: { readings: 1 } });
  expect(lake.gold.text("everything/data.csv")).toContain("new");
});

test("replacing a silver object removes its old rows, and restores the rows that they hid", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05", { note: "first" })]);
  await writeSilver(lake.silver, bronzeKey(2), [
    reading("a", 1, "2024-01-05", { note: "second" }),
    reading("b", 9, "2024-03-05"),
  ]);
  await run(lake);
  await writeSilver(lake.silver, bronzeKey(2), [reading("c", 7, "2024-04-05")]);
  expect(await run(lake)).toMatchObject({ newObjects: 1, currentRows: { readings: 2 } });
  const replaced = published(lake.gold);
  expect(lake.gold.text("everything/data.csv")).toContain("first");
  expect(Object.keys(replaced)).not.toContain("monthly/taken_on_month=2024-03/data.csv");
  expect(Object.keys(replaced)).toContain("monthly/taken_on_month=2024-04/data.csv");
  await run(lake, catalog, { rebuild: true });
  expect(published(lake.gold)).toEqual(replaced);
});

test("removing a silver object removes its rows", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  const key = await writeSilver(lake.silver, bronzeKey(2), [reading("b", 2, "2024-02-05")]);
  await run(lake);
  await lake.silver.delete(key);
  expect(await run(lake)).toMatchObject({ outcome: "published", currentRows: { readings: 1 } });
  expect(Object.keys(published(lake.gold))).toEqual([
    "everything/data.csv",
    "monthly/taken_on_month=2024-01/data.csv",
    "summary/data.csv",
  ]);
});

test("a rebuild gives the same bytes, and does not write them again", async () => {
  const lake = newLake();
  for (let minute = 1; minute <= 3; minute += 1) {
    await writeSilver(lake.silver, bronzeKey(minute), [
      reading("a", minute, `2024-0${minute}-05`, { amount: `${minute}.0001` }),
      reading("a", 99, "2024-01-05", { amount: `${minute}.0000` }),
    ]);
    await run(lake);
  }
  const before = contentOf(lake.gold);
  const rebuilt = await run(lake, catalog, { rebuild: true });
  expect(rebuilt).toMatchObject({ outcome: "published", newObjects: 3, outputs: 0 });
  const changed = Object.entries(contentOf(lake.gold)).filter(
    ([key, bytes]) => before[key] !== bytes,
  );
  expect(changed.map(([key]) => key).filter((key) => !/manifest|run\.json/.test(key))).toEqual([]);
});

test("columns of an older contract's file are matched by name, missing ones are null", async () => {
  const lake = newLake();
  await writeSilver(
    lake.silver,
    bronzeKey(1),
    [{ number: "1", gone: "x", taken_on: "2024-01-05", sensor: "a" }],
    readings,
    ["number", "gone", "taken_on", "sensor"],
  );
  await run(lake);
  expect(lake.gold.text("everything/data.csv")).toMatch(/\na,1,2024-01-05,,,,,,\n$/);
});

test("if silver has an object in two formats, the current format counts", async () => {
  const lake = newLake();
  const key = await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  await lake.silver.put(
    key.replace(/csv$/, "parquet"),
    Buffer.from("an older one, no longer read"),
  );
  expect(await run(lake)).toMatchObject({ newObjects: 1, currentRows: { readings: 1 } });
});

test("an empty lake has models without rows", async () => {
  const lake = newLake();
  expect(await run(lake)).toMatchObject({ outcome: "published", currentRows: { readings: 0 } });
  expect(published(lake.gold)).toEqual({
    "everything/data.csv": "sensor,number,taken_on,amount,note,taken_at,ok,ratio,extra\n",
    "summary/data.csv": "sensor,months,total\n",
  });
  expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
});

test("an object without rows is read once", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), []);
  expect(await run(lake)).toMatchObject({ newObjects: 1 });
  expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
});

test("a changed model is rebuilt with the models that read it, and silver is not read", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-31", { amount: "1.0000" }),
  ]);
  await run(lake);
  const { name, description, materialization, checks } = monthly;
  const doubled = defineModel({
    name,
    description,
    materialization,
    columns: { sensor: string(), taken_in: string(), readings: int64(), total: decimal(38, 4) },
    sql: monthly.sql.replace("sum(amount)", "2 * sum(amount)"),
    checks: checks as never,
  });
  lake.silver.reads.length = 0;
  const result = await run(lake, defineCatalog([readings], [summary, doubled, everything]));
  expect(lake.silver.reads).toEqual([]);
  expect(result.models.map((model) => model.built)).toEqual([0, 1, 1]);
  expect(lake.gold.text("summary/data.csv")).toBe("sensor,months,total\na,1,2.0000\n");
});

test("a changed contract rebuilds current rows, and moves outputs to their new partitions", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-31", { amount: "1.0000" }),
  ]);
  await run(lake, smallCatalog);
  const daily = defineTable({
    name: "readings",
    columns: readings.typedColumns,
    primaryKey: readings.primaryKey as never,
    partitionBy: day("taken_on"),
  });
  const { sql, description } = monthly;
  const model = defineModel({
    name: "monthly",
    description,
    sql,
    materialization: { kind: "incremental", table: daily, lookups: [] },
    columns: { sensor: string(), taken_in: string(), readings: int64(), total: decimal(38, 4) },
  });
  await run(lake, defineCatalog([daily], [model]), { prune: true });
  expect(Object.keys(published(lake.gold))).toEqual(["monthly/taken_on_day=2024-01-31/data.csv"]);
  const record = (await readRunRecord(lake.gold))?.record;
  expect(Object.keys(record?.models ?? {})).toEqual(["monthly"]);
  expect([...(await dataFilesOf(lake)).keys()]).toEqual(["2024-01-31"]);
});

test("published objects that were changed, removed or added by hand are repaired", async () => {
  const lake = await twoPartitions();
  const good = published(lake.gold);
  await lake.gold.put("summary/data.csv", Buffer.from("tampered"));
  await lake.gold.delete("monthly/taken_on_month=2024-01/data.csv");
  await lake.gold.put("monthly/taken_on_month=1999-01/data.csv", Buffer.from("stray"));
  await lake.gold.put("monthly/README.md", Buffer.from("a note that stays"));
  expect(await run(lake)).toMatchObject({ outcome: "published", outputs: 3 });
  expect(published(lake.gold)).toEqual({ ...good, "monthly/README.md": "a note that stays" });
  expect(await run(lake)).toMatchObject({ outcome: "nothing-new" });
});

test("silver and gold can be Parquet", async () => {
  const table = defineTable({
    name: "readings",
    columns: readings.typedColumns,
    primaryKey: readings.primaryKey as never,
    partitionBy: readings.partitionBy as never,
    format: { silver: "parquet" },
  });
  const model = inFormat(
    defineModel({
      name: "copy",
      description: "As Parquet",
      materialization: full(),
      columns: { sensor: string(), amount: decimal(38, 4) },
      sql: "select sensor, amount from readings",
    }),
    "parquet",
  );
  const second = defineModel({
    name: "text",
    description: "Read back",
    materialization: full(),
    columns: { sensor: string(), amount: decimal(38, 4) },
    sql: "select * from copy",
  });
  const lake = newLake();
  const { default: pl } = await import("nodejs-polars");
  const frame = pl
    .DataFrame({
      sensor: ["", "ü"],
      number: ["1", "2"],
      taken_on: ["2024-01-05", "2024-02-05"],
      amount: ["1234567890123456789.1234", null],
    })
    .withColumns(
      pl.col("number").cast(pl.Int64),
      pl.col("taken_on").cast(pl.Date),
      pl.col("amount").cast(pl.Decimal(38, 4)),
    );
  await putSilver(lake.silver, bronzeKey(1), frame.writeParquet(), 2, table);
  const result = await run(lake, defineCatalog([table], [second, model]));
  expect(result.currentRows).toEqual({ readings: 2 });
  expect(lake.gold.text("text/data.csv")).toBe('sensor,amount\n"",1234567890123456789.1234\nü,\n');
  expect(lake.gold.objects.get("copy/data.parquet")?.bytes.subarray(0, 4).toString()).toBe("PAR1");
});

test.each([/^readings\/.*\.parquet$/, /^_state\/files\//, /^_state\/(?!files)(?!run)/])(
  "a run with nothing new reports missing state %s, and a rebuild makes it again",
  async (pattern) => {
    const lake = await oneRow();
    const [key = ""] = Object.keys(contentOf(lake.gold)).filter((each) => pattern.test(each));
    await lake.gold.delete(key);
    await expect(run(lake)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      key,
      message: expect.stringContaining("--rebuild"),
    });
    await run(lake, catalog, { rebuild: true });
    expect((await run(lake)).outcome).toBe("nothing-new");
  },
);

test("missing state is an error that asks for a rebuild, which fixes it", async () => {
  const lake = await oneRow();
  const good = contentOf(lake.gold);
  const current =
    [...lake.gold.objects.keys()].find((key) => key.startsWith("readings/taken_on")) ?? "";
  await lake.gold.delete(current);
  await writeSilver(lake.silver, bronzeKey(2), [reading("a", 2, "2024-01-30")]);
  await expect(run(lake)).rejects.toThrow(/readings\/.* it is missing\. .*--rebuild/);
  expect(published(lake.gold)["summary/data.csv"]).toBeDefined();
  await run(lake, catalog, { rebuild: true });
  const countOf = (content: object) => Object.keys(content).filter((key) => !isLog(key)).length;
  expect(countOf(contentOf(lake.gold))).toBe(countOf(good));
});

test.each([
  ["cut short", (bytes: Buffer) => bytes.subarray(0, 1_000)],
  ["changed", (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from("!")])],
])("state that was %s is refused, and a rebuild fixes it", async (_, damage) => {
  const lake = await twoPartitions();
  const good = contentOf(lake.gold);
  const current = Object.keys(good).find((key) => key.startsWith("readings/taken_on")) ?? "";
  await lake.gold.put(current, damage(Buffer.from(good[current] ?? "", "base64")));
  const gold = published(lake.gold);
  // First a row in another partition, so that only a model reads the damaged one. Then a row to merge into it.
  for (const [minute, day] of ["2024-02-02", "2024-01-30"].entries()) {
    const key = await writeSilver(lake.silver, bronzeKey(minute + 2), [reading("b", 1, day)]);
    await expect(run(lake)).rejects.toMatchObject({
      code: "STATE_UNREADABLE",
      key: current,
      message: expect.stringContaining("--rebuild"),
    });
    await lake.silver.delete(key);
  }
  expect(published(lake.gold)).toEqual(gold);
  await run(lake, catalog, { rebuild: true });
  const rebuilt = contentOf(lake.gold);
  expect(rebuilt[current]).toBe(good[current]);
  expect(published(lake.gold)).toEqual(gold);
});

test("a rebuild that gives the same rows restores missing state under its old name", async () => {
  const lake = await oneRow();
  const good = contentOf(lake.gold);
  const current = Object.keys(good).find((key) => key.startsWith("readings/taken_on")) ?? "";
  await lake.gold.delete(current);
  await run(lake, catalog, { rebuild: true });
  expect(contentOf(lake.gold)[current]).toBe(good[current]);
});

test("partitions that are built together are read at once", async () => {
  const sales = defineTable({
    name: "sales",
    columns: { id: int64().notNull(), sold_on: date().notNull() },
    primaryKey: ["id"],
    partitionBy: day("sold_on"),
  });
  const daily = (sql: string) =>
    defineModel({
      name: "daily",
      description: "",
      materialization: incremental(sales),
      columns: { sold_on: date(), n: int64() },
      sql,
    });
  const sql = "select sold_on, count(*) as n from sales group by sold_on";
  const lake = newLake();
  const rows = ["2024-01-01", "2024-01-02"].map((sold_on, id) => ({ id: `${id}`, sold_on }));
  await writeSilver(lake.silver, bronzeKey(1, "sales"), rows, sales);
  await run(lake, defineCatalog([sales], [daily(sql)]));
  let [running, most] = [0, 0];
  const count = (call: string, by: number): void => {
    running += call.startsWith("download sales/") ? by : 0;
    most = Math.max(most, running);
  };
  const watcher = {
    before: async (call: string) => {
      count(call, 1);
      await setImmediate();
    },
    after: async (call: string) => count(call, -1),
  };
  const changed = daily(`${sql} having count(*) > 0`);
  await run(watched(lake, watcher), defineCatalog([sales], [changed]));
  expect(most).toBe(2);
});
