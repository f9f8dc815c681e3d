/** After a run that dies at any call of a store, the next run gives the same lake, byte for byte. */
import { runs, step } from "@lakehouse/testing/property";
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
const start = newLake("gold", "random");
/** The logs of open tables have the time of the run. */
const fixed = { now: () => new Date("2026-11-01T06:00:00Z") };
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
  await run(start, smallCatalog, fixed);
  await writeSilver(start.silver, bronzeKey(2), [
    reading("b", 3, "2024-03-05", { amount: "3.0000" }),
  ]);
  await writeSilver(start.silver, bronzeKey(4), [
    reading("a", 1, "2024-01-05", { amount: "4.0000" }),
  ]);
  await start.silver.delete(removed);

  const lake = copyOf(start);
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await run(watched(lake, counting), smallCatalog, { ...fixed, concurrency: 1 });
  calls = counting.calls;
  readable = published(lake.gold);
  await run(lake, smallCatalog, fixed);
  expected = contentOf(lake.gold);
});

/** The first run repairs what readers see. The second removes files that they might still have been reading. */
async function expectHealed(lake: MemoryLake, when: string): Promise<void> {
  await run(lake, smallCatalog, fixed);
  expect(published(lake.gold), when).toEqual(readable);
  await run(lake, smallCatalog, fixed);
  expect(contentOf(lake.gold), when).toEqual(expected);
}

/** Runs once with a fault. The run may survive it. */
async function runWithFault(lake: MemoryLake, ...fault: Parameters<typeof faulty>): Promise<void> {
  await run(watched(lake, faulty(...fault)), smallCatalog, { ...fixed, concurrency: 1 }).catch(
    () => {},
  );
}

test("the next run repairs the lake after a kill between any two calls", async () => {
  expect(calls).toBeGreaterThan(20);
  for (let at = 1; at <= calls; at += step(17)) {
    const lake = copyOf(start);
    await runWithFault(lake, at, "before", true);
    expect(() => published(lake.gold), `call ${at}`).not.toThrow();
    await expectHealed(lake, `call ${at}`);
  }
});

test("the next run repairs the lake after several crashes and failed calls", async () => {
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

test("the run after a crash includes what arrived meanwhile", async () => {
  const without = copyOf(start);
  await run(without, smallCatalog, fixed);
  await writeSilver(without.silver, bronzeKey(9), [reading("z", 1, "2024-01-09")]);
  await run(without, smallCatalog, fixed);
  for (let at = 1; at <= calls; at += step(29)) {
    const lake = copyOf(start);
    await runWithFault(lake, at, "after", true);
    await writeSilver(lake.silver, bronzeKey(9), [reading("z", 1, "2024-01-09")]);
    await run(lake, smallCatalog, fixed);
    expect(published(lake.gold), `call ${at}`).toEqual(published(without.gold));
  }
});
