/** What must be published together is held until all of it has been read, over any number of runs. */
import { runs } from "@lakehouse/testing/property";
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { rowCount } from "@lakehouse/transforms/model/check";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { GoldOptions, GoldRun } from "../../src/gold-run.ts";
import { FileLists } from "../../src/state/file-list.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { dataKeysOf } from "../../src/state/state-of.ts";
import {
  bronzeKey,
  copyOf,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  reading,
  readings,
  run,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

/** One object in each run, which has no time for a second slice. */
const short = { sliceMib: 1e-6, remainingMilliseconds: () => 0 };

let lake: MemoryLake;

const threeObjects = preparedLake(async () => {
  const made = newLake("gold");
  await write(made, 1, "old");
  await write(made, 2, "old");
  await write(made, 3, "old");
  await run(made, smallCatalog);
  return made;
});

beforeEach(async () => {
  lake = await threeObjects();
});

/** An object with a key that others have too, and one of its own, in months that depend on the note. */
async function write({ silver }: MemoryLake, minute: number, note: string): Promise<string> {
  const month = ((minute + note.length) % 3) + 1;
  return await writeSilver(silver, bronzeKey(minute), [
    reading("a", minute % 2, "2024-01-05", { amount: `${note.length}.0000`, note }),
    reading("b", minute, `2024-0${month}-07`, { amount: `${minute}.0000`, note }),
  ]);
}

/** What one run on a new lake with the same silver publishes. */
async function expectedOf({ silver }: MemoryLake, of: Catalog = smallCatalog) {
  const fresh = { silver, gold: newLake("gold").gold };
  await run(fresh, of);
  return published(fresh.gold);
}

/** Runs until nothing is left. Before that, readers must see what they saw at first. */
async function finish(of: Catalog = smallCatalog, first: Partial<GoldOptions> = {}) {
  const before = published(lake.gold);
  const results: GoldRun[] = [await run(lake, of, { ...short, ...first })];
  while (results.at(-1)?.outcome === "unfinished") {
    expect(published(lake.gold)).toEqual(before);
    results.push(await run(lake, of, short));
  }
  expect(results.at(-1)?.remaining.objects).toBe(0);
  expect(await run(lake, of)).toMatchObject({ outcome: "nothing-new" });
  expect((await readRunRecord(lake.gold))?.record.held).toBeUndefined();
  return results;
}

test("a rebuild goes on across runs, reads each object once, and publishes at its end", async () => {
  const before = published(lake.gold);
  const results = await finish(smallCatalog, { rebuild: true });
  expect(results.map(({ outcome, remaining }) => [outcome, remaining.objects])).toEqual([
    ["unfinished", 2],
    ["unfinished", 1],
    ["published", 0],
  ]);
  expect(results.map((each) => each.published)).toEqual([false, false, true]);
  expect(results.at(-1)?.models.map(({ name, built }) => [name, built])).toEqual([
    ["monthly", 3],
    ["summary", 1],
  ]);
  expect(lake.silver.reads).toHaveLength(3);
  expect(published(lake.gold)).toEqual(before);
});

test("asking for a rebuild again, as a retry of Lambda does, goes on with it", async () => {
  for (const left of [2, 1, 0]) {
    const result = await run(lake, smallCatalog, { ...short, rebuild: true });
    expect(result.remaining.objects).toBe(left);
  }
  expect(lake.silver.reads).toHaveLength(3);
});

test("a run with time rebuilds in slices, and gives one result", async () => {
  const result = await run(lake, smallCatalog, { sliceMib: short.sliceMib, rebuild: true });
  expect(result).toMatchObject({ outcome: "published", newObjects: 3, sequence: 4 });
  expect(lake.silver.reads).toHaveLength(3);
});

test("objects that arrive during a rebuild are part of it", async () => {
  await run(lake, smallCatalog, { ...short, rebuild: true });
  await write(lake, 9, "late");
  await finish();
  expect(lake.silver.reads).toHaveLength(4);
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
});

test("a changed contract reaches readers when all silver has been read with it", async () => {
  const wider = defineTable({
    name: "readings",
    columns: { ...readings.typedColumns, count: int64() },
    primaryKey: readings.primaryKey as never,
    partitionBy: readings.partitionBy as never,
  });
  const counts = defineModel({
    name: "counts",
    description: "A column that older rows don't have",
    materialization: full(),
    columns: { number: int64(), count: int64() },
    sql: "select number, count from readings",
  });
  const of = defineCatalog([wider], [counts]);
  expect(await finish(of)).toHaveLength(3);
  await run(lake, of, { prune: true });
  expect(published(lake.gold)).toEqual(await expectedOf(lake, of));
});

test("replaced objects, as after a replay, reach readers together", async () => {
  for (const minute of [1, 2, 3]) {
    await write(lake, minute, "newer");
  }
  const results = await finish();
  expect(results).toHaveLength(3);
  expect(results.map(({ newObjects }) => newObjects)).toEqual([1, 1, 1]);
  expect(lake.silver.reads).toHaveLength(3);
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
});

test("an object that is replaced again while it is held is read again", async () => {
  for (const minute of [1, 2, 3]) {
    await write(lake, minute, "newer");
  }
  await run(lake, smallCatalog, short);
  await write(lake, 1, "newest!");
  await finish();
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
});

test("gold whose state was removed does not go back in time", async () => {
  lake = { silver: lake.silver, gold: newLake().gold };
  await run(lake, smallCatalog);
  for (const key of lake.gold.objects.keys()) {
    if (key.startsWith("_state/")) {
      await lake.gold.delete(key);
    }
  }
  const results = await finish();
  const outcomes = results.map(({ outcome }) => outcome);
  expect(outcomes).toEqual(["unfinished", "unfinished", "published"]);
});

test.each(["changed", "removed"])("held rows that were %s are merged again", async (damage) => {
  const before = published(lake.gold);
  await run(lake, smallCatalog, { ...short, rebuild: true });
  const { record } = (await readRunRecord(lake.gold)) ?? {};
  const lists = new FileLists(lake.gold);
  const keys = await Promise.all(
    Object.entries(record?.held?.tables ?? {}).map(async ([name, table]) =>
      [...(await dataKeysOf(lists, name, table)).values()].flat(),
    ),
  );
  for (const key of keys.flat()) {
    await (damage === "removed" ? lake.gold.delete(key) : lake.gold.put(key, Buffer.from("!")));
  }
  await finish();
  expect(published(lake.gold)).toEqual(before);
});

test("what a person confirms once holds until what is held is published", async () => {
  for (const minute of [1, 2, 3]) {
    const key = bronzeKey(minute);
    await writeSilver(lake.silver, key, minute === 3 ? [reading("a", 1, "2024-01-05")] : []);
  }
  const few = defineCatalog(
    [
      defineTable({
        name: "readings",
        columns: readings.typedColumns,
        primaryKey: readings.primaryKey as never,
        partitionBy: readings.partitionBy as never,
        checks: [rowCount({ maximumDecrease: 0.1 })],
      }),
    ],
    [],
  );
  await expect(run(copyOf(lake), few)).rejects.toMatchObject({ code: "CHECK_FAILED" });
  const confirmed = { acceptDecrease: ["readings"], prune: true };
  const results = await finish(few, confirmed);
  expect(results.map(({ outcome }) => outcome)).toEqual(["unfinished", "unfinished", "published"]);
  expect(results.at(-1)?.removed.map(({ name }) => name)).toEqual(["monthly", "summary"]);
  // It holds for that alone.
  await lake.silver.delete(await writeSilver(lake.silver, bronzeKey(3), []));
  await expect(run(lake, few)).rejects.toMatchObject({ code: "CHECK_FAILED" });
});

test("what a person confirmed does not hold for another contract", async () => {
  const keys = [1, 2, 3].map((minute) => bronzeKey(minute));
  for (const key of keys) {
    await writeSilver(lake.silver, key, []);
  }
  await run(lake, smallCatalog, { ...short, acceptDecrease: ["readings"] });
  const wider = defineTable({
    name: "readings",
    columns: { ...readings.typedColumns, count: int64() },
    primaryKey: readings.primaryKey as never,
    partitionBy: readings.partitionBy as never,
  });
  const of = defineCatalog([wider], []);
  await run(lake, of, short);
  await run(lake, of, short);
  await expect(run(lake, of, short)).rejects.toMatchObject({ code: "CHECK_FAILED" });
});

test("any changes, slices and kills give what one run gives", async () => {
  const change = fc.record({
    minute: fc.integer({ min: 1, max: 4 }),
    note: fc.constantFrom("x", "yy", "zzz", undefined),
  });
  const step = fc.record({
    changes: fc.array(change, { maxLength: 3 }),
    bytes: fc.constantFrom(1, 250, 400),
    rebuild: fc.boolean(),
    killedAt: fc.option(fc.integer({ min: 1, max: 60 })),
  });
  // A removed object may take all rows with it.
  const acceptDecrease = ["readings"];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const tried = copyOf(lake);
      for (const { changes, bytes, rebuild, killedAt } of steps) {
        for (const { minute, note } of changes) {
          const key = await write(tried, minute, note ?? "gone");
          if (note === undefined) {
            await tried.silver.delete(key);
          }
        }
        const sliceMib = bytes / 2 ** 20;
        const options = { ...short, sliceMib, rebuild, concurrency: 1, acceptDecrease };
        const at = killedAt ?? Number.POSITIVE_INFINITY;
        await run(watched(tried, faulty(at, "before", true)), smallCatalog, options).catch(
          (error: unknown) => {
            expect(killedAt, String(error)).not.toBeNull();
          },
        );
      }
      await run(tried, smallCatalog, { sliceMib: 400 / 2 ** 20, acceptDecrease });
      expect(published(tried.gold)).toEqual(await expectedOf(tried));
      expect(await run(tried, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
    }),
    runs(20),
  );
});
