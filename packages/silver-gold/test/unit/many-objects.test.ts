/** A manifest in parts, and runs that list only the last days of silver. */
import { latePrefix, markLate } from "@lakehouse/lake/late-silver";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import type { Manifest } from "../../src/state/manifest.ts";
import { encodeParts, openManifest, readManifest } from "../../src/state/manifest-parts.ts";
import { bronzeKeyOf, dayOf, noon } from "../support/days.ts";
import {
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  readings,
  run,
  writeSilver,
} from "../support/lake.ts";
import { MemoryStore } from "../support/memory-store.ts";
import { watched } from "../support/watched-store.ts";

const notes = defineModel({
  name: "notes",
  description: "Current readings with their number of versions",
  materialization: full(),
  columns: { sensor: string(), number: int64(), note: string(), versions: int64() },
  sql: `select readings.sensor, readings.number, readings.note, count(*) as versions
    from readings join silver_readings using (sensor, number) group by all`,
});
const catalog = defineCatalog([readings], [notes]);
/** Several parts. */
const objectsPerPart = 2;

/** Writes an object that arrived some days ago, with the first rows of its sensor. */
async function arrive({ silver }: MemoryLake, ago: number, number: number, rows = 1) {
  const all = Array.from({ length: rows }, (_, row) =>
    reading(`s${row}`, number % 3, "2024-01-05", { note: `${number}` }),
  );
  return await writeSilver(silver, bronzeKeyOf(ago, number), all);
}

/** Runs some days from now, and returns the calls that it made for silver and manifests. */
async function runOn(lake: MemoryLake, inDays = 0, mostEarlierObjects?: number) {
  const calls: string[] = [];
  const watcher = {
    before: async (call: string) => {
      if (/^list (?:readings|_late)|^read _state\/manifest|^put _state\/manifest/.test(call)) {
        calls.push(call.replace(/\/\d{8}-[0-9a-f]{16}/, "/x"));
      }
    },
    after: async () => {},
  };
  const now = () => new Date(noon + inDays * 86_400_000);
  const options = { listing: "recent", objectsPerPart, mostEarlierObjects, now } as const;
  const { outcome, newObjects } = await run(watched(lake, watcher), catalog, options);
  return { outcome, newObjects, calls };
}

const mark = `list ${latePrefix}`;
const whole = "list readings/";
const recent = `list readings/ readings/ingest_date=${dayOf(1)}`;
const index = "read _state/manifest/readings/x.index.json.gz";
const part = "read _state/manifest/readings/x.json.gz";
const nothing = { outcome: "nothing-new", newObjects: 0 };

test("most runs list and read only the last days, and nothing is lost", async () => {
  const lake = newLake();
  const keys: string[] = [];
  for (const [number, ago] of [3, 3, 2, 2, 1, 0].entries()) {
    keys.push(await arrive(lake, ago, number, 3));
  }
  const first = await runOn(lake);
  expect(first).toMatchObject({ outcome: "published", newObjects: 6 });
  expect(first.calls).toContain(whole);
  // Three parts, of which the last has yesterday and today.
  expect(await runOn(lake)).toEqual({ ...nothing, calls: [index, mark, recent, part] });

  await arrive(lake, 0, 7);
  const second = await runOn(lake);
  expect(second).toMatchObject({ outcome: "published", newObjects: 1 });
  const put = second.calls.filter((call) => call.startsWith("put"));
  // The last part is divided. The model reads all of silver.
  expect(put).toHaveLength(3);
  expect(second.calls.filter((call) => !put.includes(call))).toEqual([
    index,
    mark,
    recent,
    part,
    part,
    part,
  ]);

  // By hand, without a mark: the next day's first run finds it. With a mark, the next run.
  await arrive(lake, 4, 8);
  expect(await runOn(lake)).toMatchObject(nothing);
  const marked = copyOf(lake);
  await markLate(marked.silver, bronzeKeyOf(4));
  const late = await runOn(marked);
  expect(late).toMatchObject({ outcome: "published", newObjects: 1 });
  expect(late.calls).not.toContain(whole);
  expect(late.calls).toContain(`list readings/ readings/ingest_date=${dayOf(4)}`);
  expect((await runOn(marked)).calls).toEqual([index, mark, recent, part, part]);

  lake.silver.objects.delete(keys[0] ?? "");
  const next = await runOn(lake, 1);
  expect(next).toMatchObject({ outcome: "published", newObjects: 1 });
  expect(next.calls).toContain(whole);
  const again = await runOn(lake, 1);
  expect(again).toMatchObject(nothing);
  expect(again.calls).not.toContain(whole);

  // A day without new silver begins with a listing of all of it, which is noted.
  const { calls } = await runOn(lake, 2);
  expect(calls).toEqual([index, mark, whole, ...Array(calls.length - 3).fill(part)]);
  expect((await runOn(lake, 2)).calls).toHaveLength(4);

  const other = newLake();
  for (const [key, object] of lake.silver.objects) {
    other.silver.objects.set(key, object);
  }
  await run(other, catalog);
  expect(published(lake.gold)).toEqual(published(other.gold));
  expect(await runOn(lake, 3)).toMatchObject(nothing);
});

test("very much silver is listed in parts, by one run after another, and late days at once", async () => {
  const lake = newLake();
  for (let ago = 12; ago >= 0; ago -= 1) {
    await arrive(lake, ago, ago);
    await arrive(lake, ago, 20 + ago);
  }
  await runOn(lake);
  // By hand, in three parts.
  await arrive(lake, 12, 51);
  await arrive(lake, 9, 50);
  await arrive(lake, 3, 49);
  const from = (ago: number) => `list readings/ readings/ingest_date=${dayOf(ago)}`;
  const lists: string[][] = [];
  let found = 0;
  for (let count = 0; count < 6; count += 1) {
    const { calls, newObjects } = await runOn(lake, 1, 6);
    lists.push(calls.filter((call) => call.startsWith("list readings")));
    found += newObjects;
    if (count === 0) {
      // With a mark, the next run finds it. The others wait for their turn.
      expect(found).toBe(1);
      await arrive(lake, 4, 52);
      await markLate(lake.silver, bronzeKeyOf(4));
    }
  }
  // Three days at a time, and the last two days each time.
  const [first, ...others] = lists;
  expect([first, ...others]).toEqual([
    [whole, from(0)],
    [from(9), from(4), from(0)],
    [from(7), from(0)],
    [from(4), from(0)],
    [from(2)],
    [from(0)],
  ]);
  expect(found).toBe(4);

  // A model reads an object that somebody has removed.
  const removed = [...lake.silver.objects.keys()].find((key) => key.includes(dayOf(5)));
  lake.silver.objects.delete(removed ?? "");
  await arrive(lake, 0, 60);
  expect(await runOn(lake, 1, 6)).toMatchObject({ outcome: "published", newObjects: 1 });
  const other = newLake();
  for (const [key, object] of lake.silver.objects) {
    other.silver.objects.set(key, object);
  }
  await run(other, catalog);
  expect(published(lake.gold)).toEqual(published(other.gold));
  expect(await runOn(lake, 1, 6)).toMatchObject(nothing);
});

test("a large manifest of an earlier version is divided by the first run", async () => {
  const lake = newLake();
  for (let number = 0; number < 6; number += 1) {
    await arrive(lake, number, number);
  }
  await run(lake, catalog);
  const manifests = () => [...lake.gold.objects.keys()].filter((key) => key.includes("/manifest/"));
  expect(manifests()).toHaveLength(1);
  expect(await runOn(lake)).toMatchObject({ outcome: "published", newObjects: 0 });
  expect(manifests()).toHaveLength(4);
  expect(await runOn(lake)).toMatchObject(nothing);
  // Objects of several parts have rows in the partition.
  lake.silver.objects.delete([...lake.silver.objects.keys()][3] ?? "");
  expect(await runOn(lake, 1)).toMatchObject({ outcome: "published", newObjects: 0 });
  const other = newLake();
  for (const [key, object] of lake.silver.objects) {
    other.silver.objects.set(key, object);
  }
  await run(other, catalog);
  expect(published(lake.gold)).toEqual(published(other.gold));
});

test("a manifest is read back from its parts, and a change writes only one of them", async () => {
  const store = new MemoryStore();
  const key = (day: number, n: number) =>
    `t/ingest_date=2024-01-${String(day).padStart(2, "0")}/hour=00.${n}.csv`;
  const entry = { etag: "e", sha256: "s", contract: "c", partitions: ["p"] };
  const all: Manifest = new Map(
    Array.from({ length: 40 }, (_, n) => [key(1 + Math.floor(n / 2), n), entry] as const),
  );
  const put = async (uploads: ReadonlyMap<string, Uint8Array>) => {
    for (const [name, bytes] of uploads) {
      await store.put(name, bytes);
    }
  };
  const encoded = await encodeParts("t", 1, { entries: all, untouched: [] }, 5);
  await put(encoded.uploads);
  expect(encoded.parts.map(({ objects }) => objects)).toEqual(Array(10).fill(4));
  expect(await readManifest(store, encoded.key)).toEqual(all);

  const { parts, read } = await openManifest(store, encoded.key);
  expect(parts).toEqual(encoded.parts);
  const [, touched] = parts;
  const entries = new Map(touched && (await read(touched)));
  entries.set(key(4, 100), entry);
  const untouched = parts.filter((each) => each !== touched);
  const changed = await encodeParts("t", 2, { entries, untouched }, 5);
  await put(changed.uploads);
  expect(changed.uploads.size).toBe(2);
  expect(await readManifest(store, changed.key)).toEqual(new Map([...all, ...entries]));
});
