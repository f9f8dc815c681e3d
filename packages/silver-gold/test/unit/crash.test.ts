/** A run that dies at any call of a store, then a run: the lake is as if nothing had happened, byte for byte. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import {
  bronzeKey,
  contentOf,
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

/** A lake after a first run, with new, replaced and removed objects in silver. */
const start = newLake("gold");
let expected: Record<string, string>;
let readable: Record<string, string>;
let calls: number;

beforeAll(async () => {
  await writeSilver(start.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", { amount: "1.0000" }),
    reading("a", 2, "2024-02-05", { amount: "2.0000" }),
  ]);
  await writeSilver(start.silver, bronzeKey(2), [reading("b", 3, "2024-03-05")]);
  const removed = await writeSilver(start.silver, bronzeKey(3), [reading("c", 4, "2024-04-05")]);
  await run(start, smallCatalog);
  await writeSilver(start.silver, bronzeKey(2), [
    reading("b", 3, "2024-03-05", { amount: "3.0000" }),
  ]);
  await writeSilver(start.silver, bronzeKey(4), [
    reading("a", 1, "2024-01-05", { amount: "4.0000" }),
  ]);
  await start.silver.delete(removed);

  const lake = copyOf(start);
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await run(watched(lake, counting), smallCatalog, { concurrency: 1 });
  calls = counting.calls;
  readable = published(lake.gold);
  await run(lake, smallCatalog);
  expected = contentOf(lake.gold);
});

/** One run makes good what readers see; the one after it removes what readers may still have been reading. */
async function expectHealed(lake: MemoryLake, when: string): Promise<void> {
  await run(lake, smallCatalog);
  expect(published(lake.gold), when).toEqual(readable);
  await run(lake, smallCatalog);
  expect(contentOf(lake.gold), when).toEqual(expected);
}

/** Runs with faults until they are used up; a fault that a run survives is as good. */
async function runWithFault(lake: MemoryLake, ...fault: Parameters<typeof faulty>): Promise<void> {
  await run(watched(lake, faulty(...fault)), smallCatalog, { concurrency: 1 }).catch(() => {});
}

test("killed between any two calls, the next run heals it", async () => {
  expect(calls).toBeGreaterThan(20);
  for (let at = 1; at <= calls; at += 1) {
    const lake = copyOf(start);
    await runWithFault(lake, at, "before", true);
    expect(() => published(lake.gold), `call ${at}`).not.toThrow();
    await expectHealed(lake, `call ${at}`);
  }
});

test("several crashes, and calls that fail once, in several runs at any point", async () => {
  const fault = fc.record({
    at: fc.integer({ min: 1, max: calls }),
    when: fc.constantFrom("before" as const, "after" as const),
    dies: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 3 }), async (faults) => {
      const lake = copyOf(start);
      for (const { at, when, dies } of faults) {
        await runWithFault(lake, at, when, dies);
      }
      await expectHealed(lake, JSON.stringify(faults));
    }),
    runs(50),
  );
});

test("what arrives after a crash is in the next run, together with what the crash left", async () => {
  const without = copyOf(start);
  await run(without, smallCatalog);
  await writeSilver(without.silver, bronzeKey(9), [reading("z", 1, "2024-01-09")]);
  await run(without, smallCatalog);
  for (let at = 1; at <= calls; at += 6) {
    const lake = copyOf(start);
    await runWithFault(lake, at, "after", true);
    await writeSilver(lake.silver, bronzeKey(9), [reading("z", 1, "2024-01-09")]);
    await run(lake, smallCatalog);
    expect(published(lake.gold), `call ${at}`).toEqual(published(without.gold));
  }
});
