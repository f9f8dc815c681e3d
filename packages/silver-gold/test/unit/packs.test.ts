/** Packs of silver objects save calls, and change nothing else. */
import { hash } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { removalPlanKey } from "@lakehouse/lake/keys";
import { markLate } from "@lakehouse/lake/late-silver";
import { runs } from "@lakehouse/testing/property";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GoldOptions } from "../../src/gold-run.ts";
import { copySilver } from "../../src/inspect/silver-copies.ts";
import { unpack, writePackFile } from "../../src/packs/pack-file.ts";
import {
  copyOf,
  type Fields,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  reading,
  readings,
  run,
  scratch,
  writeSilver,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

/** A model that reads every version of every row. */
const versions = defineModel({
  name: "versions",
  description: "Versions of each reading",
  materialization: full(),
  columns: { sensor: string(), number: int64(), versions: int64(), note: string() },
  sql: `select sensor, number, count(*) as versions, max(note) as note
    from silver_readings group by all`,
});
const current = defineModel({
  name: "current_notes",
  description: "Current readings",
  materialization: full(),
  columns: { sensor: string(), number: int64(), note: string() },
  sql: "select sensor, number, note from readings",
});
const catalog = defineCatalog([readings], [versions, current]);

const noon = new Date().setUTCHours(12, 0, 0, 0);
const millisecondsPerDay = 86_400_000;
const perDay = 2;
/** More than are open at once. */
const closedDays = [7, 6, 5, 4, 3, 2];

/** The key of a bronze object that arrived some days ago. */
function bronzeOf(ago: number, number: number): string {
  const [year, month, date] = new Date(noon - ago * millisecondsPerDay)
    .toISOString()
    .slice(0, 10)
    .split("-");
  const uuid = `00000000-0000-4000-8000-${String(number).padStart(12, "0")}`;
  return `readings/${year}/${month}/${date}/00/readings-1-${year}-${month}-${date}-00-00-00-${uuid}.gz`;
}

const rowsOf = (number: number, note: string): Fields[] => [
  reading(`s${number % 2}`, number % 5, "2024-01-05", { note }),
];

async function write({ silver }: MemoryLake, ago: number, number: number, note: string) {
  return await writeSilver(silver, bronzeOf(ago, number), rowsOf(number, note));
}

/** The manifest has a part for each day. */
const packing = {
  objectsPerPart: perDay,
  packs: { afterDays: 2, least: 2 },
  acceptDecrease: ["readings"],
} satisfies Partial<GoldOptions>;
/** Silver was written well before this run. */
const later = (days: number) => ({ now: () => new Date(noon + days * millisecondsPerDay) });

async function runOn(
  lake: Parameters<typeof run>[0],
  options: Partial<GoldOptions> = {},
  inDays = 2,
) {
  return await run(lake, catalog, { ...packing, ...later(inDays), ...options });
}

/** Days with some objects each, and packs of all but the last day. */
const packedLake = preparedLake(async () => {
  const lake = newLake("gold");
  for (const ago of [...closedDays, 0]) {
    for (let number = 0; number < perDay; number += 1) {
      await write(lake, ago, number, `${ago}/${number}`);
    }
  }
  // The first run merges, and the next one is sure which contract made each object.
  await runOn(lake, { packs: undefined });
  await runOn(lake, { rebuild: true }, 2);
  return lake;
});

const packsIn = ({ gold }: MemoryLake) =>
  [...gold.objects.keys()].filter((key) => key.startsWith("_state/packs/"));

/** Reads all again, and returns what was read of silver and how many packs were. */
async function rebuild(lake: MemoryLake, options: Partial<GoldOptions> = {}) {
  lake.silver.reads.length = 0;
  lake.gold.reads.length = 0;
  await runOn(lake, { rebuild: true, packs: undefined, ...options });
  const read = lake.gold.reads.filter((key) => key.startsWith("_state/packs/"));
  return { silver: new Set(lake.silver.reads).size, packs: new Set(read).size };
}

test("objects of closed days are packed once, and read from there", async () => {
  const lake = await packedLake();
  expect(packsIn(lake)).toHaveLength(6);
  const [first = ""] = packsIn(lake);
  const content = gunzipSync(lake.gold.objects.get(first)?.bytes ?? Buffer.of()).toString();
  expect(content.split("\n")[0]).toMatch(
    /^\["readings\/ingest_date=[-\d]+\/readings-1-[-0-9a-f]+\.gz\.csv","[0-9a-f]{64}",1,\d+\]$/,
  );

  const before = published(lake.gold);
  expect(await rebuild(lake)).toEqual({ silver: perDay, packs: 6 });
  expect(published(lake.gold)).toEqual(before);
  expect(packsIn(lake)).toHaveLength(6);
  const without = copyOf(lake);
  await without.gold.deleteAll(packsIn(lake));
  expect(await rebuild(without)).toEqual({ silver: 7 * perDay, packs: 0 });
  expect(published(without.gold)).toEqual(before);
});

test("a run without changes makes no call for packs, and the day that has ended is packed next", async () => {
  const lake = await packedLake();
  const calls: string[] = [];
  const before = async (call: string) => {
    calls.push(call.replace(/\d{8}-[0-9a-f]{16}/, "x"));
  };
  const empty = async (options: Partial<GoldOptions>, inDays = 2) => {
    calls.length = 0;
    const { outcome } = await runOn(
      watched(lake, { before, after: async () => {} }),
      { listing: "recent", ...options },
      inDays,
    );
    expect(outcome).toBe("nothing-new");
    return [...calls];
  };
  await empty({});
  const without = await empty({ packs: undefined });
  expect(await empty({})).toEqual(without);

  // The last part has today's silver until it is past. The first run of a day looks into it.
  await empty({}, 3);
  expect(packsIn(lake)).toHaveLength(7);
  expect(await rebuild(lake, later(3))).toEqual({ silver: 0, packs: 7 });
});

test("a pack that is damaged or missing changes nothing, and is made again", async () => {
  const lake = await packedLake();
  const before = published(lake.gold);
  const [first = "", second = "", third = ""] = packsIn(lake);
  const changed = gzipSync(textIn(lake, first).replaceAll("2024", "2023"));
  await lake.gold.put(first, changed);
  await lake.gold.put(second, Buffer.from("no gzip"));
  await lake.gold.delete(third);
  expect(await rebuild(lake)).toEqual({ silver: 4 * perDay, packs: 5 });
  expect(published(lake.gold)).toEqual(before);
  await runOn(lake, { rebuild: true });
  expect(packsIn(lake)).toHaveLength(6);
  expect(await rebuild(lake)).toEqual({ silver: perDay, packs: 6 });
  expect(published(lake.gold)).toEqual(before);
});

test("a pack is whole, or nothing of it is used", async () => {
  const bytes = Buffer.from("line\nend");
  const sha256 = hash("sha256", bytes);
  const objects = ["a", "b", "c"].map((key) => ({ key, sha256, rows: 2, bytes }));
  const path = join(mkdtempSync(join(scratch, "pack-")), "pack");
  await writePackFile(path, Readable.from(objects));
  const { slices, isDamaged } = await unpack(path, `${path}-whole`);
  expect([[...slices.keys()], isDamaged]).toEqual([["a", "b", "c"], false]);
  const { offset = 0, length = 0 } = slices.get("c") ?? {};
  expect(readFileSync(`${path}-whole`).subarray(offset, offset + length)).toEqual(bytes);

  const packed = readFileSync(path);
  const text = gunzipSync(packed).toString();
  const damaged = [
    Buffer.from("no gzip"),
    Buffer.alloc(0),
    packed.subarray(0, packed.length - 12),
    gzipSync(text.slice(0, -1)),
    gzipSync(`no line of JSON\n${text}`),
    gzipSync(text.replace(/,8\]\n/, ",9]\n")),
    gzipSync(text.replace(/,8\]\n/, ",-1]\n")),
  ];
  for (const [index, content] of damaged.entries()) {
    writeFileSync(`${path}-${index}`, content);
    expect(await unpack(`${path}-${index}`, `${path}-${index}-out`)).toMatchObject({
      isDamaged: true,
    });
  }
});

test("what was replaced, removed or processed again is not read from its pack", async () => {
  const lake = await packedLake();
  const earlier = packsIn(lake);
  await write(lake, 4, 1, "replaced");
  await lake.silver.delete(await write(lake, 3, 1, ""));
  await runOn(lake, { packs: undefined });
  // The packs of both days went with the run that saw it.
  expect(packsIn(lake)).toHaveLength(4);
  const made = await runOn(lake);
  expect(made).toMatchObject({ outcome: "nothing-new", packed: { packs: 1, objects: 2 } });
  expect(packsIn(lake).filter((key) => earlier.includes(key))).toHaveLength(4);
  expect(packsIn(lake).some((key) => textIn(lake, key).includes("4/1"))).toBe(false);
  expect(lake.gold.text("versions/data.csv")).toContain("replaced");

  // The same content, but a contract that the pack does not know.
  const key = await write(lake, 4, 0, "4/0");
  const object = lake.silver.objects.get(key);
  if (object === undefined) {
    throw new Error("It was written.");
  }
  const metadata = { ...object.metadata, contract: "another" };
  const lastModified = new Date(noon + 2 * millisecondsPerDay);
  lake.silver.objects.set(key, { ...object, metadata, lastModified });
  const { outdated } = await runOn(lake, { rebuild: true });
  expect(outdated).toEqual({ readings: 1 });
});

test("a query of silver reads packs, and each object that has changed since", async () => {
  const lake = await packedLake();
  const changed = await write(lake, 4, 1, "changed");
  lake.silver.reads.length = 0;
  const { keys, copies } = await copySilver(lake, readings, () => {}, join(scratch, "copies"));
  expect(keys).toEqual([...lake.silver.objects.keys()].sort());
  expect([copies.size, copies.has(changed), lake.silver.reads]).toEqual([
    6 * perDay - 1,
    false,
    [],
  ]);
  for (const [key, path] of copies) {
    expect(readFileSync(path, "utf8")).toBe(lake.silver.text(key));
  }
  expect((await copySilver(newLake(), readings, () => {}, scratch)).keys).toEqual([]);
});

test("a table that is pruned takes its packs along", async () => {
  const lake = await packedLake();
  const other = defineCatalog([{ ...readings, name: "others" }], []);
  const options = { ...packing, ...later(2), acceptDecrease: [] };
  await run(lake, other, options);
  expect(packsIn(lake)).toHaveLength(6);
  await run(lake, other, { ...options, prune: true });
  expect(packsIn(lake)).toHaveLength(0);
});

test("large objects and few objects are not packed, and are looked at once", async () => {
  const lake = newLake("gold");
  const note = "x".repeat(300 * 1024);
  await write(lake, 4, 0, note);
  await write(lake, 4, 1, note);
  await write(lake, 4, 2, "small");
  await write(lake, 3, 3, "alone");
  await write(lake, 0, 4, "today");
  await runOn(lake);
  const [pack = "", ...others] = packsIn(lake);
  expect(others).toEqual([]);
  expect(textIn(lake, pack).length).toBeLessThan(1_000);
  lake.silver.reads.length = 0;
  await runOn(lake);
  expect(lake.silver.reads).toEqual([]);
});

test("nothing is packed while records are being removed, or without time", async () => {
  const lake = await packedLake();
  await lake.gold.deleteAll(packsIn(lake));
  await lake.gold.put(removalPlanKey("readings"), Buffer.from("{}"));
  expect((await runOn(lake)).packed).toBeUndefined();
  await lake.gold.delete(removalPlanKey("readings"));
  expect((await runOn(lake, { remainingMilliseconds: () => 100_000 })).packed).toBeUndefined();

  // A removal that begins while a pack is being made.
  const before = async (call: string) => {
    if (call.startsWith("open readings/")) {
      await lake.gold.put(removalPlanKey("readings"), Buffer.from("{}"));
    }
  };
  const made = await runOn(watched(lake, { before, after: async () => {} }));
  expect([made.packed, packsIn(lake)]).toEqual([undefined, []]);
  await lake.gold.delete(removalPlanKey("readings"));
  expect((await runOn(lake)).packed).toEqual({ packs: 6, objects: 12 });
});

const step = fc.record({
  ago: fc.constantFrom(4, 3, 2, 0),
  number: fc.integer({ min: 0, max: 4 }),
  action: fc.constantFrom("write", "write", "same", "remove"),
  /** The call of a store at which the run after it dies; 0 for none; undefined for no run. */
  diesAt: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
  rebuild: fc.boolean(),
});

test("with and without packs, gold is the same after any changes and crashes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
      const lake = await packedLake();
      for (const [index, { ago, number, action, diesAt, rebuild }] of steps.entries()) {
        const key = await write(
          lake,
          ago,
          number,
          action === "same" ? `${ago}/${number}` : `${index}`,
        );
        if (action === "remove") {
          await lake.silver.delete(key);
        }
        await markLate(lake.silver, bronzeOf(ago, number));
        if (diesAt !== undefined) {
          const fault = faulty(diesAt === 0 ? Number.POSITIVE_INFINITY : diesAt, "before", true);
          const options = { concurrency: 1, rebuild, threads: 1 };
          await runOn(watched(lake, fault), options, 2 + index).catch(() => {});
        }
      }
      await runOn(lake, {}, 9);
      const plain = newLake("gold");
      for (const [key, object] of lake.silver.objects) {
        plain.silver.objects.set(key, object);
      }
      await runOn(plain, { packs: undefined }, 9);
      expect(published(lake.gold)).toEqual(published(plain.gold));
      await runOn(lake, { rebuild: true }, 9);
      expect(published(lake.gold)).toEqual(published(plain.gold));
      const { outcome, packed } = await runOn(lake, {}, 9);
      expect([outcome, packed]).toEqual(["nothing-new", undefined]);
    }),
    runs(2),
  );
});

function textIn({ gold }: MemoryLake, key: string): string {
  return gunzipSync(gold.objects.get(key)?.bytes ?? Buffer.of()).toString();
}
