/** After runs that die, or fail, at any call of a store, of Glue or of Athena, the next ones build models on Athena as if nothing had been. */
import { runs } from "@lakehouse/testing/property";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { unique } from "@lakehouse/transforms/model/check";
import { athena as toAthena } from "@lakehouse/transforms/model/engine";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { GoldOptions } from "../../src/gold-run.ts";
import { FileLists } from "../../src/state/file-list.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { sequenceOf } from "../../src/state/state-keys.ts";
import { knownStateOf } from "../../src/state/state-of.ts";
import { isTaken } from "../../src/state/taken-files.ts";
import { FakeAthena } from "../support/fake-athena.ts";
import { arrive, type MemoryLake, newLake, readings, run, scratch } from "../support/lake.ts";
import { MemoryCatalog, watchedCatalog } from "../support/memory-catalog.ts";
import { faulty, type Watcher, watched } from "../support/watched-store.ts";

const totals = defineModel({
  ...{ name: "totals", description: "", materialization: full(), format: "table" as const },
  columns: { sensor: string(), readings: int64() },
  sql: "select sensor, count(*) as readings from readings group by sensor",
  checks: [unique("sensor")],
  engine: toAthena({ largeOutput: true }),
});
const counted = defineModel({
  ...{ name: "counted", description: "", materialization: full(), columns: { sensors: int64() } },
  sql: "select count(*) as sensors from totals",
});
const catalog = defineCatalog([readings], [totals, counted]);

interface World {
  readonly lake: MemoryLake;
  readonly glue: MemoryCatalog;
  readonly athena: FakeAthena;
  time: number;
}

/** A run whose every call a watcher sees. */
async function runWith(world: World, watcher: Watcher, options: Partial<GoldOptions> = {}) {
  const { lake, glue, athena } = world;
  const watch = async <T>(call: string, action: () => Promise<T>): Promise<T> => {
    await watcher.before(call);
    const result = await action();
    await watcher.after(call);
    return result;
  };
  return await run(watched(lake, watcher), catalog, {
    threads: 1,
    concurrency: 1,
    now: () => new Date(world.time),
    tableCatalog: watchedCatalog(glue, watcher),
    athena: {
      database: "lake",
      wait: async (milliseconds) => {
        world.time += milliseconds;
      },
      service: {
        name: "watched",
        start: (sql, token) => watch("start", () => athena.start(sql, token)),
        status: (id) => watch("status", () => athena.status(id)),
        stop: (id) => watch("stop", () => athena.stop(id)),
      },
    },
    ...options,
  });
}

const never = () => faulty(Number.POSITIVE_INFINITY, "before", false);

test("after any crash, models are built of all rows, and nothing is left over", async () => {
  const fault = fc.record({
    at: fc.integer({ min: 1, max: 200 }),
    when: fc.constantFrom("before" as const, "after" as const),
    dies: fc.boolean(),
    /** Whether the query of this run goes on after it. */
    isHeld: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 3 }), async (faults) => {
      const lake = newLake("gold");
      const glue = new MemoryCatalog();
      const world: World = {
        ...{ lake, glue, athena: new FakeAthena(lake.gold, scratch, glue) },
        time: Date.parse("2026-01-01T00:00:00Z"),
      };
      world.athena.files = 2;
      for (const [index, { at, when, dies, isHeld }] of faults.entries()) {
        await arrive(lake, [`s${index}`, 1, "2024-01-05"]);
        world.athena.isHeld = isHeld;
        const options = isHeld ? { remainingMilliseconds: () => 0 } : {};
        await runWith(world, faulty(at, when, dies), options).catch(() => {});
      }
      world.athena.isHeld = false;
      // One for what was started, one for what has arrived since. Files of attempts that were given up go with a later commit.
      await runWith(world, never());
      await runWith(world, never());
      await arrive(lake, ["last", 1, "2024-01-05"]);
      await runWith(world, never());
      await runWith(world, never());
      expect(lake.gold.text("counted/data.csv")).toBe(`sensors\n${faults.length + 1}\n`);
      const keys = [...lake.gold.objects.keys()];
      expect(keys.filter((key) => key.startsWith("_state/athena/"))).toEqual([
        "_state/athena/totals/attempt.json",
      ]);
      const record = (await readRunRecord(lake.gold))?.record;
      const { used } = await knownStateOf(new FileLists(lake.gold), record ?? missing());
      const data = keys.filter((key) => sequenceOf(key) !== undefined || isTaken(key));
      expect(data.filter((key) => !used.has(key))).toEqual([]);
      expect([...used].filter((key) => isTaken(key) && !lake.gold.objects.has(key))).toEqual([]);
      expect([...world.glue.entries.keys()].sort()).toEqual(["readings", "totals"]);
      // No run pays for a query that an earlier one has started.
      const texts = world.athena.queries.map(({ sql }) =>
        sql.replaceAll(/ TO '[^']+'|lakehouse_scratch_\w+/g, ""),
      );
      // A check reads the rows of a query, so its text is that of an earlier one.
      const inserts = texts.filter((sql) => sql.startsWith("INSERT"));

      expect(new Set(inserts).size).toBe(inserts.length);
      const queries = world.athena.queries.length;
      expect(await runWith(world, never())).toMatchObject({ outcome: "nothing-new" });
      expect(world.athena.queries).toHaveLength(queries);
    }),
    runs(5),
  );
});

function missing(): never {
  throw new TypeError("There is no record.");
}
