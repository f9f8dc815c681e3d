/** What status and the page say of models that Athena builds. */
import { string } from "@lakehouse/transforms/contract/column";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, full } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { athenaModels } from "../../src/inspect/athena-builds.ts";
import { summarize } from "../../src/inspect/summary.ts";
import { FakeAthena } from "../support/fake-athena.ts";
import { arrive, monthly, newLake, readings, run, scratch } from "../support/lake.ts";
import { MemoryCatalog } from "../support/memory-catalog.ts";

const sensors = defineModel({
  ...{ name: "sensors", description: "", materialization: full(), columns: { sensor: string() } },
  ...{ sql: "select sensor from readings group by sensor", engine: "athena" },
});
const catalog = defineCatalog([readings], [sensors, monthly]);

test("each has its last build, and a query that has not built it", async () => {
  const lake = newLake("gold");
  const athena = new FakeAthena(lake.gold, scratch);
  const tableCatalog = new MemoryCatalog();
  const goldRun = async (remainingMilliseconds?: () => number) =>
    await run(lake, catalog, {
      athena: { service: athena, database: "lake", wait: async () => {} },
      ...{ tableCatalog, ...(remainingMilliseconds && { remainingMilliseconds }) },
    });
  const none = { model: "sensors", isBuilt: false, build: null, query: null };
  expect(await athenaModels(lake.gold, catalog)).toEqual([none]);
  expect(await athenaModels(lake.gold, defineCatalog([readings], [monthly]))).toEqual([]);

  await arrive(lake, ["a", 1, "2026-01-01"]);
  athena.isHeld = true;
  await goldRun(() => 0);
  const running = {
    ...{ query: athena.queries[0]?.id, since: expect.any(String), problem: null },
    ...{ bytesScanned: 0, usd: 0 },
  };
  expect(await athenaModels(lake.gold, catalog)).toEqual([{ ...none, query: running }]);

  athena.isHeld = false;
  await goldRun();
  const build = {
    ...{ query: athena.queries[0]?.id, bytesScanned: 1_000, milliseconds: 20 },
    // Athena charges for 10 MB at least.
    ...{ usd: 0.00005, at: expect.any(String) },
  };
  expect(await athenaModels(lake.gold, catalog)).toEqual([{ ...none, isBuilt: true, build }]);
  const { relations } = await summarize(lake.gold, catalog);
  expect(["sensors", "monthly"].map((name) => relations.get(name)?.athena)).toEqual([
    build,
    undefined,
  ]);

  await arrive(lake, ["b", 2, "2026-01-02"]);
  athena.outcomes.push({ state: "failed", reason: "NO_LUCK: a record", isRetryable: false });
  await expect(goldRun()).rejects.toThrow(/could not run its query/);
  expect(await athenaModels(lake.gold, catalog)).toMatchObject([
    {
      build,
      query: {
        ...{ query: athena.queries[1]?.id, problem: expect.stringMatching(/NO_LUCK/) },
        ...{ bytesScanned: 1_000, usd: 0.00005 },
      },
    },
  ]);
});
