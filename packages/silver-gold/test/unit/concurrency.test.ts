/** Two runs at once, in any order of their calls: one commits, the other ends cleanly, and the lake is right. */
import { runs } from "@lakehouse/testing/property";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { GoldRun } from "../../src/gold-run.ts";
import { readRunRecord, stateKeysOf } from "../../src/state/run-record.ts";
import {
  bronzeKey,
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { type Watcher, watched } from "../support/watched-store.ts";

let start: MemoryLake;
let expectations: { without: Record<string, string>; withNewest: Record<string, string> };

beforeAll(async () => {
  start = await startLake();
  const lake = copyOf(start);
  await run(lake, smallCatalog);
  const without = published(lake.gold);
  await addNewest(lake);
  await run(lake, smallCatalog);
  expectations = { without, withNewest: published(lake.gold) };
});

async function startLake(): Promise<MemoryLake> {
  const lake = newLake("gold");
  await writeSilver(lake.silver, bronzeKey(1), [
    reading("a", 1, "2024-01-05", { amount: "1.0000" }),
    reading("a", 2, "2024-02-05"),
  ]);
  await writeSilver(lake.silver, bronzeKey(2), [reading("b", 3, "2024-03-05")]);
  await run(lake, smallCatalog);
  await writeSilver(lake.silver, bronzeKey(3), [
    reading("a", 1, "2024-01-05", { amount: "3.0000" }),
  ]);
  await writeSilver(lake.silver, bronzeKey(2), [reading("b", 3, "2024-04-05")]);
  return lake;
}

/** Takes back what minute 3 brought, and adds something: outputs get a content that they had before. */
async function addNewest(lake: MemoryLake): Promise<void> {
  await writeSilver(lake.silver, bronzeKey(3), [reading("c", 9, "2024-05-05")]);
}

/** Stops at a call until it is told to go on. */
class Pause implements Watcher {
  readonly reached: Promise<void>;
  readonly #goOn: Promise<void>;
  goOn: () => void = () => {};
  #reach: () => void = () => {};
  #calls = 0;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#goOn = new Promise((resolve) => {
      this.goOn = resolve;
    });
  }

  /** Of what only reads what never changes, nothing can come in between. */
  async before(call: string): Promise<void> {
    if (/^download|^read (?!_state\/run)/.test(call)) {
      return;
    }
    this.#calls += 1;
    if (this.#calls === this.#at) {
      this.#reach();
      await this.#goOn;
    }
  }

  async after(): Promise<void> {}
}

async function paused(
  lake: MemoryLake,
  at: number,
): Promise<{ pause: Pause; result: Promise<GoldRun> }> {
  const pause = new Pause(at);
  const result = run(watched(lake, pause), smallCatalog, { concurrency: 1 });
  await Promise.race([pause.reached, result]);
  return { pause, result };
}

/** Right now, or (where the last run did not see the newest object, or came too late) after one more run. */
async function expectRight(lake: MemoryLake): Promise<void> {
  const last = await run(lake, smallCatalog);
  expect(["published", "nothing-new"]).toContain(last.outcome);
  expect(published(lake.gold)).toEqual(expectations.withNewest);
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
  const seen = await readRunRecord(lake.gold);
  const used = seen === undefined ? new Set<string>() : stateKeysOf(seen.record);
  const state = [...lake.gold.objects.keys()].filter((key) => key.startsWith("_state/"));
  expect(state.filter((key) => !used.has(key))).toEqual([]);
  expect(seen?.record.pending).toEqual({});
}

test("one run stands still at any call while another runs from beginning to end", async () => {
  const outcomes = new Set<string>();
  for (let at = 1; ; at += 1) {
    const lake = copyOf(start);
    const { pause, result } = await paused(lake, at);
    await addNewest(lake);
    const other = await run(lake, smallCatalog);
    expect(other.outcome, `call ${at}`).not.toBe("superseded");
    pause.goOn();
    const { outcome } = await result;
    outcomes.add(outcome);
    // The slower one has not undone anything.
    expect(published(lake.gold), `call ${at}`).toEqual(expectations.withNewest);
    await expectRight(lake);
    if (other.sequence === 3 && outcome === "published" && other.recovered === 0) {
      break;
    }
  }
  expect(outcomes).toEqual(new Set(["superseded", "published", "nothing-new"]));
});

test("both stand still at any call, and go on in any order", async () => {
  const stops = fc.integer({ min: 2, max: 30 });
  await fc.assert(
    fc.asyncProperty(stops, stops, fc.boolean(), async (first, second, firstGoesOn) => {
      const lake = copyOf(start);
      const one = await paused(lake, first);
      await addNewest(lake);
      const two = await paused(lake, second);
      const order = firstGoesOn ? [one, two] : [two, one];
      const outcomes: string[] = [];
      for (const { pause, result } of order) {
        pause.goOn();
        outcomes.push((await result).outcome);
      }
      expect(outcomes).not.toEqual(["superseded", "superseded"]);
      await expectRight(lake);
    }),
    runs(10),
  );
});

test("many at once", async () => {
  const lake = copyOf(start);
  await addNewest(lake);
  const results = await Promise.all(Array.from({ length: 4 }, () => run(lake, smallCatalog)));
  expect(results.map(({ outcome }) => outcome)).toContain("published");
  await expectRight(lake);
});
