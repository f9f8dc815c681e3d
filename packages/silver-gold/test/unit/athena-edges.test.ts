/** Models that Athena builds, after something went wrong or was changed back: nothing is lost, and nothing else stops. */
import { decimal, string, timestamp } from "@lakehouse/transforms/contract/column";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { rowCount } from "@lakehouse/transforms/model/check";
import { athena as onAthena } from "@lakehouse/transforms/model/engine";
import { defineModel, full, type Model } from "@lakehouse/transforms/model/model";
import { beforeEach, expect, test } from "vitest";
import { QueryRefusedError } from "../../src/engine/athena/query-service.ts";
import { AthenaError } from "../../src/errors.ts";
import type { GoldOptions, GoldRun } from "../../src/gold-run.ts";
import { readRunRecord } from "../../src/state/run-record.ts";
import { FakeAthena } from "../support/fake-athena.ts";
import { arrive, type MemoryLake, newLake, readings, run, scratch } from "../support/lake.ts";
import { MemoryCatalog } from "../support/memory-catalog.ts";

const sensors = {
  name: "sensors",
  description: "Sensors, by Athena",
  materialization: full(),
  columns: { sensor: string(), total: decimal(38, 4) },
  sql: "select sensor, cast(sum(amount) as decimal(38, 4)) as total from readings group by sensor",
  format: "table",
  engine: "athena",
} as const;
const catalog = catalogOf(defineModel(sensors));
const tablesOnly = defineCatalog([readings], []);
const inNoTime = { remainingMilliseconds: () => 0 };

let lake: MemoryLake;
let athena: FakeAthena;
let glue: MemoryCatalog;
let time: number;

beforeEach(async () => {
  lake = newLake("gold");
  athena = new FakeAthena(lake.gold, scratch);
  glue = new MemoryCatalog();
  time = Date.parse("2026-01-01T00:00:00Z");
});

function catalogOf(model: Model): Catalog {
  return defineCatalog([readings], [model]);
}

async function goldRun(
  of: Catalog = catalog,
  options: Partial<GoldOptions> = {},
): Promise<GoldRun> {
  const wait = async (milliseconds: number): Promise<void> => {
    time += milliseconds;
  };
  return await run(lake, of, {
    threads: 1,
    tableCatalog: glue,
    now: () => new Date(time),
    athena: { service: athena, database: "lake", wait },
    ...options,
  });
}

async function rowsOf(name: string): Promise<number | undefined> {
  return (await readRunRecord(lake.gold))?.record.models[name]?.outputs[""]?.rows;
}

function staged(): string[] {
  return [...lake.gold.objects.keys()].filter((key) => key.startsWith("_state/athena/"));
}

test("a minimum of rows that the last version lacks does not stop the run that builds the next", async () => {
  const checked = catalogOf(defineModel({ ...sensors, checks: [rowCount({ minimum: 1 })] }));
  await goldRun(checked);
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await goldRun(checked);
  expect(await rowsOf("sensors")).toBe(1);
  const more = catalogOf(defineModel({ ...sensors, checks: [rowCount({ minimum: 2 })] }));
  await expect(goldRun(more, { rebuild: true })).rejects.toThrow(/row_count\(minimum 2\)/);
  expect(await rowsOf("sensors")).toBe(1);
});

test("a model that is changed back leaves no attempt, and stops its query once", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await goldRun();
  athena.isHeld = true;
  const other = defineModel({ ...sensors, sql: sensors.sql.replace("sum", "max") });
  await goldRun(catalogOf(other), inNoTime);
  await goldRun();
  await goldRun();
  expect(athena.stopped).toEqual([athena.queries[1]?.id]);
  expect(staged()).toEqual([]);
  expect(await goldRun()).toMatchObject({ outcome: "nothing-new" });
});

test("a query of a removed model that can't be stopped is left to the next run", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  athena.isHeld = true;
  await goldRun(catalog, inNoTime);
  athena.before = () => {
    throw new AthenaError("fake", "stop a query", new Error("AccessDenied"));
  };
  await arrive(lake, ["b", 1, "2024-01-05"]);
  expect(await goldRun(tablesOnly)).toMatchObject({ outcome: "published", newObjects: 1 });
  athena.before = () => {};
  await goldRun(tablesOnly);
  expect(athena.stopped).toEqual([athena.queries[0]?.id]);
  expect(staged()).toEqual([]);
});

test("a query that Athena does not start is tried by each run, because that costs nothing", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  athena.before = () => {
    throw new QueryRefusedError("WorkGroup lakehouse is disabled.", false);
  };
  const refused = /Athena refuses its query\..* Each run tries it again\.$/;
  await expect(goldRun()).rejects.toThrow(refused);
  await expect(goldRun()).rejects.toThrow(refused);
  athena.before = () => {};
  await goldRun();
  expect(await rowsOf("sensors")).toBe(1);
});

test("SQL of its own may end with a comment, and return timestamps of another precision", async () => {
  const at = "timestamp '1969-12-31 23:59:59.123'";
  const sql = `select sensor, cast(${at} as timestamp_ms) as at from readings; -- that; is all`;
  const own = defineModel({
    ...sensors,
    columns: { sensor: string(), at: timestamp() },
    sql: `select sensor, ${at} as at from readings`,
    engine: onAthena({ sql }),
  });
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await goldRun(catalogOf(own));
  expect(await rowsOf("sensors")).toBe(1);
});

test("what failed can be reported, so that the run succeeds: everything else is published", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"]);
  athena.outcomes.push({ state: "cancelled", reason: "Query cancelled by user" });
  const failures: unknown[] = [];
  const onAthenaFailed = (error: unknown) => failures.push(error);
  expect(await goldRun(catalog, { onAthenaFailed })).toMatchObject({
    outcome: "published",
    newObjects: 1,
    athena: [{ model: "sensors", state: "failed" }],
  });
  expect(failures).toMatchObject([{ code: "ATHENA_MODEL_FAILED" }]);
});
