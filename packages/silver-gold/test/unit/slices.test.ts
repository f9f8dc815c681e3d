/** A run reads a large backlog in slices. Each is committed and published, and nothing is read twice. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { relationship } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import type { GoldProgress } from "../../src/gold-run.ts";
import {
  bronzeKey,
  copyOf,
  type MemoryLake,
  monthly,
  newLake,
  published,
  reading,
  readings,
  run,
  smallCatalog,
  summary,
  writeSilver,
} from "../support/lake.ts";
import { faulty, InjectedFault, watched } from "../support/watched-store.ts";

const places = defineTable({
  name: "places",
  columns: { sensor: string().notNull(), place: string(), since: date().notNull(), n: int64() },
  primaryKey: ["sensor"],
  partitionBy: month("since"),
});
const placed = defineModel({
  name: "placed",
  description: "Readings and their places",
  materialization: full(),
  columns: { sensor: string(), number: int64(), place: string() },
  sql: "select sensor, number, place from readings left join places using (sensor)",
});
const twoTables = defineCatalog([readings, places], [monthly, summary, placed]);

/** Less than any object: each slice has one. */
const oneObject = 1e-6;
/** The time is up after each slice. */
const noTime = () => 0;

/** Writes one object of readings for each of these minutes, over three months and with keys that repeat. */
async function arrive(lake: MemoryLake, ...minutes: readonly number[]): Promise<void> {
  for (const minute of minutes) {
    await writeSilver(lake.silver, bronzeKey(minute), [
      reading("a", minute % 4, "2024-01-05", { amount: `${minute}.0000` }),
      reading("b", minute, `2024-0${(minute % 3) + 1}-07`, { amount: "1.0000" }),
    ]);
  }
}

async function placesArrive(lake: MemoryLake, minute: number): Promise<void> {
  const rows = [{ sensor: "a", place: `place ${minute}`, since: "2024-01-01" }];
  await writeSilver(lake.silver, bronzeKey(minute, "places"), rows, places);
}

test("a run publishes one slice after another, and reads each object once", async () => {
  const minutes = [1, 2, 3, 4];
  const lake = newLake("gold");
  await arrive(lake, ...minutes);
  const whole = copyOf(lake);
  const once = await run(whole, smallCatalog);
  const sliced = await run(lake, smallCatalog, { sliceMib: oneObject });
  expect(published(lake.gold)).toEqual(published(whole.gold));
  expect(lake.silver.reads).toHaveLength(minutes.length);
  expect(sliced).toMatchObject({
    outcome: "published",
    published: true,
    sequence: minutes.length,
    newObjects: minutes.length,
    remaining: { objects: 0, bytes: 0 },
    currentRows: once.currentRows,
  });
  // Every slice wrote at least its month and the summary.
  expect(sliced.outputs).toBeGreaterThan(once.outputs);
  expect(sliced.models.map(({ name, built }) => [name, built >= minutes.length])).toEqual([
    ["monthly", true],
    ["summary", true],
  ]);
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
});

test("after each slice gold is what it would be if only the objects so far had arrived, in all tables", async () => {
  const lake = newLake("gold");
  // A bronze key decides the order, not the order in which silver was written.
  await arrive(lake, 5, 1);
  await placesArrive(lake, 4);
  await placesArrive(lake, 8);
  const soFar = newLake("gold");
  const arrivals = [
    () => arrive(soFar, 1),
    () => placesArrive(soFar, 4),
    () => arrive(soFar, 5),
    () => placesArrive(soFar, 8),
  ];
  for (const [index, next] of arrivals.entries()) {
    const options = { sliceMib: oneObject, remainingMilliseconds: noTime };
    const slice = await run(lake, twoTables, options);
    expect(slice.remaining.objects).toBe(arrivals.length - index - 1);
    expect(slice.remaining.bytes === 0).toBe(slice.remaining.objects === 0);
    await next();
    await run(soFar, twoTables);
    expect(published(lake.gold), `slice ${index}`).toEqual(published(soFar.gold));
  }
});

test("a slice has as many objects as fit, and at least one", async () => {
  const lake = newLake();
  await arrive(lake, 1, 2, 3);
  const sizes = [...lake.silver.objects.values()].map(({ bytes }) => bytes.length);
  const sliceMib = ((sizes[0] ?? 0) + (sizes[1] ?? 0)) / 2 ** 20;
  const options = { sliceMib, remainingMilliseconds: noTime };
  const counts: number[] = [];
  for (let left = 1; left > 0; ) {
    const slice = await run(lake, smallCatalog, options);
    left = slice.remaining.objects;
    counts.push(slice.newObjects);
  }
  expect(counts).toEqual([2, 1]);
});

test("a run begins no slice that would probably outlast its time", async () => {
  const lake = newLake();
  await arrive(lake, 1, 2, 3, 4, 5);
  let slices = 0;
  const remainingMilliseconds = () => {
    slices += 1;
    return slices < 2 ? 600_000 : 1;
  };
  const result = await run(lake, smallCatalog, { sliceMib: oneObject, remainingMilliseconds });
  expect(result).toMatchObject({ newObjects: 2, sequence: 2, remaining: { objects: 3 } });
});

test("progress covers all slices, and is shown as before if one is enough", async () => {
  const lake = newLake();
  await arrive(lake, 1, 2, 3);
  const shown: GoldProgress[] = [];
  const options = { onProgress: (progress: GoldProgress) => shown.push(progress) };
  await run(lake, smallCatalog, { ...options, sliceMib: oneObject });
  const done = shown.flatMap(({ backlog }) => (backlog === undefined ? [] : [backlog]));
  expect([...new Set(done.map((each) => JSON.stringify(each)))]).toEqual([
    '{"done":0,"total":3}',
    '{"done":1,"total":3}',
    '{"done":2,"total":3}',
  ]);
  shown.length = 0;
  await arrive(lake, 4);
  await run(lake, smallCatalog, options);
  expect(shown.filter(({ backlog }) => backlog !== undefined)).toEqual([]);
});

test("runs that are killed finish a backlog, and read again only the slice that was cut", async () => {
  const lake = newLake("gold");
  await arrive(lake, 1, 2, 3, 4);
  const whole = copyOf(lake);
  await run(whole, smallCatalog);
  const options = { sliceMib: oneObject, concurrency: 1 };
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  const counted = watched(copyOf(lake), counting);
  await run(counted, smallCatalog, { ...options, remainingMilliseconds: noTime });
  let runs = 0;
  let outcome = "";
  for (; outcome !== "nothing-new"; runs += 1) {
    expect(runs).toBeLessThan(30);
    // Enough calls for one slice, not for two.
    const dying = watched(lake, faulty(Math.round(counting.calls * 1.3), "before", true));
    outcome = (await run(dying, smallCatalog, options).catch(() => undefined))?.outcome ?? "";
  }
  expect(runs).toBeGreaterThan(3);
  expect(published(lake.gold)).toEqual(published(whole.gold));
  expect(lake.silver.reads.length).toBeLessThanOrEqual(4 + runs);
});

test("a check that the rows of later slices satisfy does not stop a run", async () => {
  const known = defineModel({
    name: "known",
    description: "Readings of known sensors only",
    materialization: full(),
    columns: { sensor: string(), number: int64() },
    sql: "select sensor, number from readings where sensor = 'a'",
    checks: [relationship("sensor", "places", "sensor")],
  });
  const of = defineCatalog([readings, places], [known]);
  const lake = newLake();
  await arrive(lake, 1, 2);
  await placesArrive(lake, 3);
  expect(await run(lake, of, { sliceMib: oneObject })).toMatchObject({
    outcome: "published",
    newObjects: 3,
  });
  const bad = newLake();
  await arrive(bad, 1, 2);
  await expect(run(bad, of, { sliceMib: oneObject })).rejects.toMatchObject({
    code: "CHECK_FAILED",
  });
});

test("files of the versions of all slices stay for queries, until the retention is over", async () => {
  const lake = newLake("gold");
  const filesOf = () =>
    [...lake.gold.objects.keys()].filter((key) =>
      key.startsWith("readings/taken_on_month=2024-01/"),
    );
  await arrive(lake, 1);
  await run(lake, smallCatalog);
  await arrive(lake, 4, 5, 8);
  const before = filesOf();
  await run(lake, smallCatalog, { sliceMib: oneObject });
  const kept = filesOf();
  expect(kept).toEqual(expect.arrayContaining(before));
  expect(kept).toHaveLength(4);
  for (const [index, minute] of [9, 10].entries()) {
    await arrive(lake, minute);
    await run(lake, smallCatalog, {
      now: () => new Date(Date.now() + (index + 1) * 30 * 86_400_000),
    });
  }
  expect(filesOf().filter((key) => kept.includes(key))).toEqual([]);
});

test("invocations that are cut off in their first slice take smaller ones, until all is done", async () => {
  const lake = newLake("gold");
  await arrive(lake, 1, 2, 3, 4, 5);
  const whole = copyOf(lake);
  await run(whole, smallCatalog);
  let invocations = 0;
  let outcome = "";
  for (; outcome !== "nothing-new"; invocations += 1) {
    expect(invocations).toBeLessThan(12);
    let reads = 0;
    // Time for two objects.
    const timer = {
      before: async (call: string) => {
        reads += call.startsWith("open readings/") ? 1 : 0;
        if (reads > 2) {
          throw new InjectedFault("killed");
        }
      },
      after: () => Promise.resolve(),
    };
    const options = { remainingMilliseconds: noTime, concurrency: 1 };
    const result = await run(watched(lake, timer), smallCatalog, options).catch(() => undefined);
    outcome = result?.outcome ?? "";
  }
  expect(invocations).toBeGreaterThan(3);
  expect(published(lake.gold)).toEqual(published(whole.gold));
  expect(lake.gold.objects.has("_state/slice.json")).toBe(false);
});
