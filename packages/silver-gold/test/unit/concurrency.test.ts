/** Of two runs at once, with their calls in any order, one commits, the other ends cleanly, and the lake is right. */
import { runs, step } from "@lakehouse/testing/property";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import type { GoldRun } from "../../src/gold-run.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { sequenceOf } from "../../src/state/state-keys.ts";
import {
  bronzeKey,
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  smallCatalog,
  usedState,
  writeSilver,
} from "../support/lake.ts";
import type { Etags } from "../support/memory-store.ts";
import { type Watcher, watched } from "../support/watched-store.ts";

/** Equal lakes in stores with either kind of etag. */
let starts: Readonly<Record<Etags, MemoryLake>>;
let expectations: { without: Record<string, string>; withNewest: Record<string, string> };

beforeAll(async () => {
  starts = { content: await startLake("content"), random: await startLake("random") };
  const lake = copyOf(starts.content);
  await run(lake, smallCatalog);
  const without = published(lake.gold);
  await addNewest(lake);
  await run(lake, smallCatalog);
  expectations = { without, withNewest: published(lake.gold) };
});

async function startLake(etags: Etags): Promise<MemoryLake> {
  const lake = newLake("gold", etags);
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

/** Replaces the object of minute 3, so that some outputs return to an earlier content. */
async function addNewest(lake: MemoryLake): Promise<void> {
  await writeSilver(lake.silver, bronzeKey(3), [reading("c", 9, "2024-05-05")]);
}

/** Stops at a call until `resume` is called. */
class Pause implements Watcher {
  readonly reached: Promise<void>;
  readonly #resumed: Promise<void>;
  resume: () => void = () => {};
  #reach: () => void = () => {};
  #calls = 0;
  readonly #at: number;

  constructor(at: number) {
    this.#at = at;
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#resumed = new Promise((resolve) => {
      this.resume = resolve;
    });
  }

  /** Skips calls that read immutable objects, because other runs can't affect them. */
  async before(call: string): Promise<void> {
    if (/^download|^(?:read|open) (?!_state\/run)/.test(call)) {
      return;
    }
    this.#calls += 1;
    if (this.#calls === this.#at) {
      this.#reach();
      await this.#resumed;
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

/** The lake is right after one more run, which may be needed if the last run missed the newest object. */
async function expectRight(lake: MemoryLake): Promise<void> {
  const last = await run(lake, smallCatalog);
  expect(["published", "nothing-new"]).toContain(last.outcome);
  expect(published(lake.gold)).toEqual(expectations.withNewest);
  expect(await run(lake, smallCatalog)).toMatchObject({ outcome: "nothing-new" });
  const seen = await readRunRecord(lake.gold);
  const used = await usedState(lake);
  const state = [...lake.gold.objects.keys()].filter(
    (key) => key.startsWith("_state/") || sequenceOf(key) !== undefined,
  );
  expect(state.filter((key) => !used.has(key))).toEqual([]);
  expect(seen?.record.pending).toEqual({});
}

test.each(["content", "random"] as const)(
  "one run pauses at any call while another runs from start to end (%s etags)",
  async (etags) => {
    const outcomes = new Set<string>();
    for (let at = 1; ; at += step(9)) {
      const lake = copyOf(starts[etags]);
      const { pause, result } = await paused(lake, at);
      await addNewest(lake);
      const other = await run(lake, smallCatalog);
      expect(other.outcome, `call ${at}`).not.toBe("superseded");
      pause.resume();
      const { outcome } = await result;
      outcomes.add(outcome);
      // The slower run has not undone anything.
      expect(published(lake.gold), `call ${at}`).toEqual(expectations.withNewest);
      await expectRight(lake);
      if (other.sequence === 3 && outcome === "published" && other.recovered === 0) {
        break;
      }
    }
    expect(outcomes).toEqual(new Set(["superseded", "published", "nothing-new"]));
  },
);

test("both runs pause at any call, and resume in any order", async () => {
  const stops = fc.integer({ min: 2, max: 30 });
  const etags = fc.constantFrom("content" as const, "random" as const);
  await fc.assert(
    fc.asyncProperty(
      etags,
      stops,
      stops,
      fc.boolean(),
      async (kind, first, second, firstResumes) => {
        const lake = copyOf(starts[kind]);
        const one = await paused(lake, first);
        await addNewest(lake);
        const two = await paused(lake, second);
        const order = firstResumes ? [one, two] : [two, one];
        const outcomes: string[] = [];
        for (const { pause, result } of order) {
          pause.resume();
          outcomes.push((await result).outcome);
        }
        expect(outcomes).not.toEqual(["superseded", "superseded"]);
        await expectRight(lake);
      },
    ),
    runs(10),
  );
});

test("four runs at once", async () => {
  const lake = copyOf(starts.random);
  await addNewest(lake);
  const results = await Promise.all(Array.from({ length: 4 }, () => run(lake, smallCatalog)));
  expect(results.map(({ outcome }) => outcome)).toContain("published");
  await expectRight(lake);
});
