/** A lake of a version with one file a partition is taken over by the next run, without reading silver. */
import { step } from "@lakehouse/testing/property";
import { beforeAll, expect, test } from "vitest";
import { inspect } from "../../src/inspect/inspect.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import {
  bronzeKey,
  copyOf,
  dataFilesOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  usedState,
  writeSilver,
} from "../support/lake.ts";
import { asVersion1 } from "../support/version-1.ts";
import { faulty, watched } from "../support/watched-store.ts";

const start = newLake("gold");
let before: Record<string, string>;

beforeAll(async () => {
  await writeSilver(start.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", { amount: "1.0000", taken_at: "2024-01-05T10:00:00.000001Z" }),
    reading("a", 2, "2024-02-05", { ratio: "0.5" }),
  ]);
  await writeSilver(start.silver, bronzeKey(2), [reading("b", 3, "2024-02-06")]);
  await run(start, smallCatalog);
  before = published(start.gold);
  await asVersion1(start);
});

/** The state of version 1 that is left. */
function earlierState({ gold }: MemoryLake): string[] {
  return [...gold.objects.keys()].filter((key) => key.startsWith("_state/current/"));
}

test("the next run merges current rows into data files, and reads and publishes nothing else", async () => {
  const lake = copyOf(start);
  expect(earlierState(lake)).toHaveLength(2);
  expect((await inspect(lake.gold, smallCatalog)).currentRows).toBe(3);
  const result = await run(lake, smallCatalog);
  expect(result).toMatchObject({ outcome: "published", newObjects: 0, outputs: 0 });
  expect(lake.silver.reads).toEqual([]);
  expect(published(lake.gold)).toEqual(before);
  expect((await readRunRecord(lake.gold))?.record.version).toBe(2);
  expect([...(await dataFilesOf(lake)).keys()]).toEqual(["2024-01", "2024-02"]);
  // Queries may still be reading the old files.
  expect(earlierState(lake)).toHaveLength(2);
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
  expect(earlierState(lake)).toEqual([]);
});

test("new, replaced and removed silver is taken in by the same run", async () => {
  const lake = copyOf(start);
  await writeSilver(lake.silver, bronzeKey(2), [reading("b", 3, "2024-02-06", { note: "new" })]);
  await writeSilver(lake.silver, bronzeKey(3), [reading("a", 1, "2024-03-05")]);
  await run(lake, smallCatalog);
  const fresh = { ...newLake("gold"), silver: lake.silver };
  await run(fresh, smallCatalog);
  expect(published(lake.gold)).toEqual(published(fresh.gold));
});

test("a key that has a row in two partitions has the latest one", async () => {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05"),
    reading("b", 1, "2024-02-05"),
  ]);
  await run(lake, smallCatalog);
  await asVersion1(lake);
  const [january = "", february = ""] = earlierState(lake);
  const record = (await readRunRecord(lake.gold))?.record;
  expect(record?.version).toBe(1);
  expect([january, february]).not.toContain("");
  await writeSilver(lake.silver, bronzeKey(2), [reading("a", 1, "2024-02-06")]);
  expect((await run(lake, smallCatalog)).currentRows).toEqual({ readings: 2 });
  expect([...(await dataFilesOf(lake)).keys()]).toEqual(["2024-02"]);
});

test("a crash at any call of the take-over is repaired by the next run", async () => {
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await run(watched(copyOf(start), counting), smallCatalog, { concurrency: 1 });
  expect(counting.calls).toBeGreaterThan(10);
  for (let at = 1; at <= counting.calls; at += step(9)) {
    const lake = copyOf(start);
    await run(watched(lake, faulty(at, "before", true)), smallCatalog, { concurrency: 1 }).catch(
      () => {},
    );
    expect(published(lake.gold), `call ${at}`).toEqual(before);
    await run(lake, smallCatalog);
    await run(lake, smallCatalog);
    expect(published(lake.gold), `call ${at}`).toEqual(before);
    expect(earlierState(lake), `call ${at}`).toEqual([]);
    const used = await usedState(lake);
    expect([...used].filter((key) => !lake.gold.objects.has(key))).toEqual([]);
  }
});

test("a damaged file of the earlier version is refused, and a rebuild replaces it", async () => {
  const lake = copyOf(start);
  const [file = ""] = earlierState(lake);
  await lake.gold.put(file, Buffer.from("damaged"));
  await expect(run(lake, smallCatalog)).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
    key: file,
  });
  await run(lake, smallCatalog, { rebuild: true });
  expect(published(lake.gold)).toEqual(before);
});
