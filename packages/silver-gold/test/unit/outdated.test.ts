/** Silver that an older contract made is found, by a run and without one, and looked up once. */
import { gunzipSync, gzipSync } from "node:zlib";
import { markLate } from "@lakehouse/lake/late-silver";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { int64 } from "@lakehouse/transforms/contract/column";
import { defineTable, type Table } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { expect, test } from "vitest";
import { findOutdated } from "../../src/inspect/outdated.ts";
import { hashBytes } from "../../src/state/content-hash.ts";
import { emptyRecord, readRunRecord, serializeRunRecord } from "../../src/state/run-record.ts";
import { runRecordKey, manifestKey as stateManifestKey } from "../../src/state/state-keys.ts";
import { bronzeKeyOf } from "../support/days.ts";
import {
  bronzeKey,
  type MemoryLake,
  newLake,
  reading,
  readings,
  run,
  writeSilver,
} from "../support/lake.ts";

/** The same table with a stricter contract. */
const stricter = defineTable({
  name: readings.name,
  columns: readings.typedColumns,
  primaryKey: ["sensor", "number"],
  partitionBy: { unit: "month", column: "taken_on" },
  unknownColumns: "quarantine",
});
const before = defineCatalog([readings], []);
const now = defineCatalog([stricter], []);

const write = (silver: ObjectStore, minute: number, table: Table) =>
  writeSilver(silver, bronzeKey(minute), [reading("a", minute, "2024-01-05")], table);

/** A clock that is some hours ahead, so that a run sees objects as older than a moment. */
const later = (hours: number) => ({ now: () => new Date(Date.now() + hours * 3_600_000) });

const keysOf = async (lake: MemoryLake) =>
  (await findOutdated(lake, stricter, () => {})).map(({ key }) => key);

/** Forgets the look-ups so far. */
function lookUps({ silver }: MemoryLake): string[] {
  return silver.heads.splice(0);
}

test("objects of an older contract are found before a run, by it, and after it without a look-up", async () => {
  const lake = newLake();
  const old = await write(lake.silver, 1, readings);
  const young = await write(lake.silver, 2, stricter);
  expect(await keysOf(lake)).toEqual([old]);
  expect(lookUps(lake).sort()).toEqual([old, young].sort());
  expect((await run(lake, now, later(1))).outdated).toEqual({ readings: 1 });
  const again = await run(lake, now, later(1));
  expect(again).toMatchObject({ outcome: "nothing-new", outdated: { readings: 1 } });
  expect(await keysOf(lake)).toEqual([old]);
  expect(lookUps(lake)).toEqual([]);
});

test.each(["content", "random"] as const)(
  "a replay that leaves the bytes as they are is noticed, with etags that are %s",
  async (etags) => {
    const lake = newLake(undefined, etags);
    const old = await write(lake.silver, 1, readings);
    await write(lake.silver, 2, stricter);
    expect((await run(lake, now)).outdated).toEqual({ readings: 1 });
    await write(lake.silver, 1, stricter);
    expect(await keysOf(lake)).toEqual([]);
    expect(await run(lake, now, later(1))).toMatchObject({
      newObjects: 0,
      outputs: 0,
      outdated: {},
    });
    lookUps(lake);
    expect(await run(lake, now)).toMatchObject({ outcome: "nothing-new", outdated: {} });
    expect(await keysOf(lake)).toEqual([]);
    expect(lookUps(lake)).toEqual([]);
    expect(old).toBeDefined();
  },
);

test("after an upgrade, each object is looked up once, and gold stays as it is", async () => {
  const lake = newLake();
  await write(lake.silver, 1, readings);
  await write(lake.silver, 2, readings);
  const { sequence } = await run(lake, before, later(1));
  await forgetContracts(lake);
  lookUps(lake);
  expect(await run(lake, now, later(1))).toMatchObject({
    sequence: sequence + 1,
    newObjects: 0,
    outputs: 0,
    outdated: { readings: 2 },
  });
  expect(lookUps(lake)).toHaveLength(2);
  expect(await run(lake, now)).toMatchObject({ sequence: sequence + 1, outcome: "nothing-new" });
  expect(lookUps(lake)).toHaveLength(0);
});

test("many look-ups that find nothing new are noted, once", async () => {
  const lake = newLake();
  const minutes = Array.from({ length: 120 }, (_, index) => index);
  for (const minute of minutes) {
    await writeSilver(lake.silver, bronzeKey(minute), []);
  }
  const { sequence } = await run(lake, before, later(-1));
  lookUps(lake);
  expect(await run(lake, before, later(1))).toMatchObject({ sequence: sequence + 1, outputs: 0 });
  expect(lookUps(lake)).toHaveLength(120);
  expect(await run(lake, before, later(2))).toMatchObject({ outcome: "nothing-new" });
  expect(lookUps(lake)).toEqual([]);
});

test("an older object that no longer fits ends the run, and the error names the command", async () => {
  const lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05", { note: "x" })]);
  const retyped = defineTable({
    name: readings.name,
    columns: { ...readings.typedColumns, note: int64() },
    primaryKey: ["sensor", "number"],
    partitionBy: { unit: "month", column: "taken_on" },
  });
  await expect(run(lake, defineCatalog([retyped], []))).rejects.toMatchObject({
    code: "SILVER_OBJECT_UNREADABLE",
    message: expect.stringMatching(/: an older contract made it, and .*Gold is unchanged/),
    hint: "Process it again: lakehouse replay readings --outdated. Then run again.",
  });
});

test("files without a receipt, and files that do not belong there, are not outdated", async () => {
  const lake = newLake();
  const key = await write(lake.silver, 1, readings);
  await lake.silver.put(key, lake.silver.objects.get(key)?.bytes ?? Buffer.of());
  await lake.silver.put("readings/notes.txt", Buffer.from("by hand"));
  expect(await keysOf(lake)).toEqual([]);
});

test("damaged state of gold only costs look-ups", async () => {
  const lake = newLake();
  const old = await write(lake.silver, 1, readings);
  await run(lake, before, later(1));
  const manifest = manifestKey(lake);
  await lake.gold.put(manifest, Buffer.from("?"));
  expect(await keysOf(lake)).toEqual([old]);
  await lake.gold.delete(manifest);
  expect(await keysOf(lake)).toEqual([old]);
  await lake.gold.put("_state/run.json", Buffer.from("?"));
  expect(await keysOf(lake)).toEqual([old]);
  expect(lookUps(lake)).toEqual([old, old, old]);
});

function manifestKey({ gold }: MemoryLake): string {
  const key = [...gold.objects.keys()].find((each) => each.includes("manifest"));
  expect(key).toBeDefined();
  return key ?? "";
}

/** Leaves only what an earlier version wrote into the manifest. */
async function forgetContracts(lake: MemoryLake): Promise<void> {
  const { gold } = lake;
  const old = manifestKey(lake);
  const bytes = gold.objects.get(old)?.bytes ?? Buffer.of();
  const { contract: _, ...older } = JSON.parse(gunzipSync(bytes).toString());
  const content = gzipSync(JSON.stringify(older));
  const key = stateManifestKey("readings", 1, hashBytes(content));
  await gold.put(key, content);
  const record = (await readRunRecord(gold))?.record ?? emptyRecord;
  const tables = Object.entries(record.tables).map(
    ([name, table]) => [name, { ...table, manifest: key }] as const,
  );
  const changed = { ...record, tables: Object.fromEntries(tables) };
  await gold.put(runRecordKey, serializeRunRecord(changed));
}

test.each(["held", "left"] as const)(
  "silver that is processed again while its day is %s is looked up later",
  async (kind) => {
    const lake = newLake();
    const put = async (ago: number, table: Table, ...sensors: string[]) => {
      const rows = sensors.map((sensor) => reading(sensor, ago, `${2000 + ago}-01-05`));
      await writeSilver(lake.silver, bronzeKeyOf(ago), rows, table);
      await markLate(lake.silver, bronzeKeyOf(ago));
    };
    const recent = { listing: "recent", objectsPerPart: 2 } as const;
    const short = { sliceMib: 1e-6, remainingMilliseconds: () => 0 };
    for (let ago = 8; ago > 2; ago -= 1) {
      await put(ago, readings, "a");
    }
    // Two objects in the month of the last day, so that they are read together.
    await writeSilver(lake.silver, bronzeKeyOf(8, 1), [reading("c", 8, "2008-01-05")], readings);
    expect((await run(lake, now, recent)).outdated).toEqual({ readings: 7 });
    // There is room for one mark.
    const next = { ...recent, mostEarlierObjects: 2 };
    await put(8, stricter, "a", ...(kind === "held" ? ["b"] : []));
    if (kind === "held") {
      expect((await run(lake, now, { ...next, ...short })).outcome).toBe("unfinished");
    }
    await put(5, stricter, "a");
    await put(3, stricter, "a");
    for (const hours of [1, 2, 3, 4]) {
      await run(lake, now, { ...next, ...later(hours) });
    }
    const last = await run(lake, now, { ...next, ...later(5) });
    expect(last).toMatchObject({ outcome: "nothing-new", outdated: { readings: 4 } });
  },
);
