/** Replaced and removed silver of earlier days, in runs that list only some days: what they list, and that nothing is missed. */
import { findLateMarks, markLate } from "@lakehouse/lake/late-silver";
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GoldOptions } from "../../src/gold-run.ts";
import { encodeParts, type ManifestPart, mayHaveRows } from "../../src/state/manifest-parts.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { bronzeKeyOf, dayOf, noon } from "../support/days.ts";
import {
  type Fields,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  reading,
  run,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

const recent = {
  listing: "recent",
  objectsPerPart: 2,
  now: () => new Date(noon),
  acceptDecrease: ["readings"],
  concurrency: 1,
} as const satisfies Partial<GoldOptions>;
const lastDay = 12;

/** Writes an object as bronze→silver does, with the mark of its day. Without rows, removes it. */
async function write(
  { silver }: MemoryLake,
  ago: number,
  rows: readonly Fields[] | undefined,
  isMarked = true,
): Promise<void> {
  const bronze = bronzeKeyOf(ago);
  const key = await writeSilver(silver, bronze, rows ?? []);
  if (rows === undefined) {
    await silver.delete(key);
  }
  if (isMarked && ago > 1) {
    await markLate(silver, bronze);
  }
}

/** A row of a day's own month. */
const own = (ago: number, sensor: string) => reading(sensor, ago, `${2000 + ago}-01-05`);
/** Two keys that are in two objects each. The later object hides them in the earlier ones, one of them in another month. */
const hidden = reading("hidden", 1, "2024-01-05", { amount: "1.0000" });
const hiding = reading("hidden", 1, "2024-01-06", { amount: "2.0000" });
const buried = reading("buried", 1, "2025-01-05", { amount: "1.0000" });
const burying = reading("buried", 1, "2025-02-05", { amount: "2.0000" });
/** An object a day, each in a month of its own besides. */
const days = preparedLake(async () => {
  const lake = newLake();
  for (let ago = lastDay; ago >= 0; ago -= 1) {
    const more = { 12: [buried], 10: [hidden], 4: [hiding, burying] }[ago] ?? [];
    await write(lake, ago, [own(ago, "a"), ...more], false);
  }
  await run(lake, smallCatalog, recent);
  return lake;
});

/** Runs, and returns the silver that was listed and the parts of the manifest that were read. */
async function runListing(lake: MemoryLake, options: Partial<GoldOptions> = {}) {
  const calls: string[] = [];
  const before = async (call: string) => {
    if (
      /^list readings|^read _state\/manifest.*\d\.json|^read _state\/manifest.*[a-f]\.json/.test(
        call,
      )
    ) {
      calls.push(call.startsWith("list") ? call : "part");
    }
  };
  const watcher = { before, after: async () => {} };
  const result = await run(watched(lake, watcher), smallCatalog, { ...recent, ...options });
  return { ...result, calls };
}

/** What one run on a new lake with the same silver publishes. */
async function expectedOf({ silver }: MemoryLake) {
  const fresh = { silver, gold: newLake().gold };
  await run(fresh, smallCatalog);
  return published(fresh.gold);
}

const whole = "list readings/";
const from = (ago: number) => `list readings/ readings/ingest_date=${dayOf(ago)}`;

test("a run lists only the days with rows in the partitions of a replaced object", async () => {
  const lake = await days();
  await write(lake, 4, [own(4, "b")]);
  const { calls, newObjects } = await runListing(lake);
  expect(newObjects).toBe(1);
  // Parts have two days each. The first one and that of day 10 have hidden rows.
  const parts = ["part", "part", "part"];
  expect(calls).toEqual([from(4), from(1), ...parts, "part", whole, "part", from(10)]);
  const summary = published(lake.gold)["summary/data.csv"];
  expect(summary).toContain("buried,1,1.0000\n");
  expect(summary).toContain("hidden,1,1.0000\n");
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
  expect(await runListing(lake)).toMatchObject({ outcome: "nothing-new" });
});

test("it is published with the objects of its partitions that were replaced, too, although their days wait", async () => {
  const lake = await days();
  await write(lake, 4, [hiding, own(4, "b")]);
  await write(lake, 10, [own(10, "b")]);
  // Room for the first mark only. The object of day 4 has rows in the month of the hidden row, and one in that of the first day.
  const { calls, newObjects } = await runListing(lake, { mostEarlierObjects: 2 });
  expect(newObjects).toBe(2);
  expect(calls.filter((call) => call !== "part")).toEqual([from(10), from(1), from(4), whole]);
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
  expect(await runListing(lake)).toMatchObject({ outcome: "nothing-new" });
});

test("what is held goes on with the days that it began with", async () => {
  const lake = await days();
  await write(lake, 4, [own(4, "b")]);
  const short = { sliceMib: 1e-6, remainingMilliseconds: () => 0 };
  const first = await runListing(lake, short);
  expect(first).toMatchObject({ outcome: "unfinished", remaining: { objects: 2 } });
  // Another day waits until that is done.
  await write(lake, 8, [own(8, "c")]);
  await run(lake, smallCatalog, { ...recent, ...short });
  const last = await runListing(lake, short);
  expect(last.outcome).toBe("published");
  const listed = last.calls.filter((call) => call !== "part");
  expect(listed).toEqual([from(4), from(1), whole, from(10)]);
  expect(await run(lake, smallCatalog, recent)).toMatchObject({ newObjects: 1 });
  expect(published(lake.gold)).toEqual(await expectedOf(lake));
});

test("rows that were held are still known to hide those of another partition", async () => {
  const lake = await days();
  const short = { sliceMib: 1e-6, remainingMilliseconds: () => 0 };
  await write(lake, 4, [burying, own(4, "b")]);
  expect(await runListing(lake, short)).toMatchObject({ outcome: "unfinished" });
  expect(await runListing(lake)).toMatchObject({ outcome: "published" });
  await write(lake, 4, [own(4, "b")]);
  expect(await runListing(lake)).toMatchObject({ outcome: "published" });
  expect(published(lake.gold)["summary/data.csv"]).toContain("buried,1,1.0000\n");
});

test("an index leaves out the partitions of a part with very many, which is always read", async () => {
  const indexOf = async (count: number): Promise<ManifestPart | undefined> => {
    const partitions = Array.from({ length: count }, (_, number) => `p${number}`);
    const entry = { etag: "e", partitions };
    const entries = new Map([[`t/ingest_date=2024-01-01/hour=00.1.csv`, entry]]);
    const [part] = (await encodeParts("t", 1, { entries, untouched: [] })).parts;
    return part;
  };
  const [few, many] = [await indexOf(64), await indexOf(65)];
  expect([few?.partitions?.length, many?.partitions]).toEqual([64, undefined]);
  const has = (part: ManifestPart | undefined, value: string) =>
    part && mayHaveRows(part, new Set([value]));
  expect([has(few, "p63"), has(few, "x"), has(many, "x")]).toEqual([true, false, true]);
});

/** A row of a day. Keys and months are those of other days nearby, too. */
const row = fc
  .record({
    number: fc.integer({ min: 0, max: 3 }),
    month: fc.integer({ min: 0, max: 1 }),
    amount: fc.constantFrom("1.0000", "2.0000"),
  })
  .map(({ number, month, amount }) => (ago: number) => {
    const first = 1 + Math.floor(ago / 2);
    return reading("a", ago + number, `2024-${String(first + month).padStart(2, "0")}-05`, {
      amount,
    });
  });
const rows = fc.array(row, { minLength: 1, maxLength: 3 });
const change = fc.record({
  ago: fc.integer({ min: 0, max: lastDay }),
  rows: fc.option(rows, { nil: undefined, freq: 5 }),
  /** How a run follows: not at all, to its end, for one slice of one object, or until it is killed at a call. */
  after: fc.oneof(fc.constantFrom("none", "run", "slice"), fc.integer({ min: 1, max: 80 })),
});

test("any changes of any days, slices and kills give what one run on all silver gives", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(rows, { minLength: lastDay + 1, maxLength: lastDay + 1 }),
      fc.array(change, { minLength: 1, maxLength: 8 }),
      async (first, changes) => {
        const lake = newLake();
        const rowsOf = (ago: number, of: typeof rows extends fc.Arbitrary<infer R> ? R : never) =>
          of.map((row) => row(ago));
        for (const [ago, rows] of first.entries()) {
          await write(lake, ago, rowsOf(ago, rows), false);
        }
        await run(lake, smallCatalog, recent);
        const options = { ...recent, mostEarlierObjects: 2 };
        for (const { ago, rows, after } of changes) {
          await write(lake, ago, rows && rowsOf(ago, rows));
          if (after === "run") {
            await run(lake, smallCatalog, options);
          } else if (after === "slice") {
            const short = { sliceMib: 1e-6, remainingMilliseconds: () => 0 };
            await run(lake, smallCatalog, { ...options, ...short });
          } else if (after !== "none") {
            const killed = watched(lake, faulty(after, "before", true));
            await run(killed, smallCatalog, options).catch(() => {});
          }
        }
        // No run lists all of silver: it is the same day. Each lists the days of some marks.
        for (let left = 2 * changes.length + 2; left > 0; left -= 1) {
          await run(lake, smallCatalog, options);
        }
        const { days } = await findLateMarks(lake.silver);
        const record = (await readRunRecord(lake.gold))?.record;
        expect(record?.run.listed?.days ?? {}).toEqual(Object.fromEntries(days));
        expect(await run(lake, smallCatalog, options)).toMatchObject({ outcome: "nothing-new" });
        expect(published(lake.gold)).toEqual(await expectedOf(lake));
      },
    ),
    // A failure is reported before the test times out, although it takes long to shrink.
    { ...runs(10), interruptAfterTimeLimit: 120_000 },
  );
});
