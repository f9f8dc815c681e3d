/** Models that Athena builds: how runs start their queries, wait, take their rows, and what happens when something fails. */
import { randomUUID } from "node:crypto";
import { decimal, int64, string } from "@lakehouse/transforms/contract/column";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import {
  acceptedValues,
  type Check,
  notNull,
  relationship,
  returnsNoRow,
  rowCount,
  unique,
} from "@lakehouse/transforms/model/check";
import { athena as toAthena } from "@lakehouse/transforms/model/engine";
import { defineModel, full, type Model } from "@lakehouse/transforms/model/model";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { QueryRefusedError } from "../../src/engine/athena/query-service.ts";
import { CheckFailedError } from "../../src/errors.ts";
import type { GoldOptions, GoldRun } from "../../src/gold-run.ts";
import { contentAt, readHistories } from "../../src/inspect/versions.ts";
import type { AthenaModelRun } from "../../src/models/athena/athena-run.ts";
import { readAttempt, writeAttempt } from "../../src/state/athena-attempt.ts";
import { idsByName, noColumnIds } from "../../src/state/column-ids.ts";
import {
  filesOfOutput,
  type RunRecord,
  readRunRecord,
  type StoredFile,
} from "../../src/state/run-record.ts";
import { FakeAthena } from "../support/fake-athena.ts";
import {
  arrive,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  type reading,
  readings,
  run,
  scratch,
} from "../support/lake.ts";
import { MemoryCatalog } from "../support/memory-catalog.ts";
import { watched } from "../support/watched-store.ts";

const totals = defineModel({
  name: "totals",
  description: "Readings of each sensor, by Athena",
  materialization: full(),
  columns: { sensor: string(), readings: int64(), total: decimal(38, 4) },
  sql: `select sensor, count(*) as readings, cast(sum(amount) as decimal(38, 4)) as total
    from readings group by sensor`,
  checks: [unique("sensor")],
  format: "table",
  engine: "athena",
});
/** DuckDB builds it of what Athena built. */
const counted = defineModel({
  name: "counted",
  description: "The number of sensors",
  materialization: full(),
  columns: { sensors: int64() },
  sql: "select count(*) as sensors from totals",
});
const catalog = defineCatalog([readings], [totals, counted]);
const tablesOnly = defineCatalog([readings], []);

let lake: MemoryLake;
let athena: FakeAthena;
let glue: MemoryCatalog;
let time: number;
let runs: readonly AthenaModelRun[];

beforeEach(() => {
  start(newLake("gold"));
});

/** Begins with a lake. */
function start(of: MemoryLake, tables = new MemoryCatalog()): void {
  lake = of;
  glue = tables;
  athena = new FakeAthena(lake.gold, scratch, glue);
  time = Date.parse("2026-01-01T00:00:00Z");
  runs = [];
}

/** Prepares a state once, and begins each test with a copy of it. */
function beginWith(prepare: () => Promise<void>): () => Promise<void> {
  let made: { glue: MemoryCatalog; athena: FakeAthena; time: number } | undefined;
  const prepared = preparedLake(async () => {
    await prepare();
    made = { glue, athena, time };
    return lake;
  });
  return async () => {
    const copy = await prepared();
    const { glue: tables, athena: workgroup, time: at } = made ?? never();
    start(copy, tables.copy());
    athena = workgroup.copy(copy.gold, glue);
    time = at;
  };
}

/** Athena has built the model of one row. */
const beginBuilt = beginWith(async () => {
  await arrive(lake, [...one]);
  await goldRun();
});

/** A run with one row has ended before its query. */
const beginHeld = beginWith(async () => {
  await arrive(lake, [...one]);
  athena.isHeld = true;
  await goldRun(catalog, inNoTime);
});

/** A run whose waits pass at once. */
async function goldRun(
  of: Catalog = catalog,
  options: Partial<GoldOptions> = {},
): Promise<GoldRun> {
  return await run(lake, of, { ...optionsOf(), ...options });
}

function optionsOf(): Partial<GoldOptions> {
  return {
    // A second session costs more than it saves with so few rows.
    threads: 1,
    tableCatalog: glue,
    now: () => new Date(time),
    athena: { service: athena, database: "lake", mostMinutes: 5, wait: pass },
    onAthena: (found) => {
      runs = found;
    },
  };
}

async function pass(milliseconds: number): Promise<void> {
  time += milliseconds;
}

/** A run that must not wait. */
const inNoTime = { remainingMilliseconds: () => 0 };

async function record(): Promise<RunRecord> {
  const found = await readRunRecord(lake.gold);
  if (found === undefined) {
    throw new TypeError("There is no record.");
  }
  return found.record;
}

function staged(): string[] {
  return [...lake.gold.objects.keys()].filter((key) => key.startsWith("_state/athena/"));
}

async function rowsOf(name: string): Promise<number | undefined> {
  return (await record()).models[name]?.outputs[""]?.rows;
}

type Row = Parameters<typeof reading>;

const one = ["a", 1, "2024-01-05", { amount: "1.5" }] as const;
const two = ["b", 1, "2024-02-05", { amount: "2.25" }] as const;

test("one run builds tables, then the model of Athena over what is published, then what reads it", async () => {
  await arrive(lake, [...one], [...two]);
  const done = await goldRun();
  expect(done).toMatchObject({
    outcome: "published",
    athena: [{ model: "totals", state: "built", bytesScanned: 1_000, milliseconds: 20 }],
  });
  expect(runs).toEqual(done.athena);
  expect(published(lake.gold)).toMatchObject({ "counted/data.csv": "sensors\n2\n" });
  expect((await record()).models["totals"]?.athena).toMatchObject({
    query: athena.queries[0]?.id,
    bytesScanned: 1_000,
    milliseconds: 20,
    sources: { readings: {} },
  });
  // Nothing is left of the attempt but what it was.
  expect(staged()).toEqual(["_state/athena/totals/attempt.json"]);
  const before = new Map(lake.gold.objects);
  expect(await goldRun()).toMatchObject({ outcome: "nothing-new" });
  expect(new Map(lake.gold.objects)).toEqual(before);
  expect(athena.queries).toHaveLength(1);
});

test("the files are those that DuckDB would have written", async () => {
  await arrive(lake, [...one], [...two]);
  await goldRun();
  const local = newLake("gold");
  await arrive(local, [...one], [...two]);
  await run(local, catalog, { tableCatalog: new MemoryCatalog() });
  const dataOf = ({ gold }: MemoryLake) =>
    [...gold.objects].flatMap(([key, { bytes }]) =>
      key.startsWith("totals/") && key.endsWith(".parquet") ? [bytes.toString("base64")] : [],
    );
  expect(dataOf(lake)).toEqual(dataOf(local));
  expect(dataOf(lake)).toHaveLength(1);
});

test("a model is built again only if what it reads has other rows", async () => {
  await beginBuilt();
  await goldRun(catalog, { retentionDays: 3 });
  expect(athena.queries).toHaveLength(1);
  await arrive(lake, [...two]);
  await goldRun();
  expect(athena.queries).toHaveLength(2);
  expect(published(lake.gold)).toMatchObject({ "counted/data.csv": "sensors\n2\n" });
});

test("a rebuild queries again", async () => {
  await beginBuilt();
  await goldRun(catalog, { rebuild: true });
  expect(athena.queries).toHaveLength(2);
  await goldRun();
  expect(athena.queries).toHaveLength(2);
});

test("without rows there are no files, and no rows", async () => {
  await goldRun();
  expect(await rowsOf("totals")).toBeUndefined();
  expect((await record()).models["totals"]?.athena?.query).toBe(athena.queries[0]?.id);
  expect(published(lake.gold)).toMatchObject({ "counted/data.csv": "sensors\n0\n" });
});

test("after the restore of an earlier run record, a query whose files are gone is started again", async () => {
  await beginBuilt();
  await arrive(lake, [...two]);
  athena.isHeld = true;
  await goldRun(catalog, inNoTime);
  const earlier = lake.gold.objects.get("_state/run.json")?.bytes ?? Buffer.of();
  athena.isHeld = false;
  await goldRun();
  await lake.gold.put("_state/run.json", earlier);
  await goldRun(catalog, { rebuild: true });
  expect(await rowsOf("totals")).toBe(2);
  expect(athena.queries).toHaveLength(3);
});

test("while a run waits for a query, it takes in new silver", async () => {
  await arrive(lake, [...one]);
  athena.isHeld = true;
  let waits = 0;
  const wait = async (milliseconds: number) => {
    time += milliseconds;
    waits += 1;
    if (waits === 1) {
      await arrive(lake, [...two]);
    }
    const { tables } = await record();
    athena.isHeld = JSON.stringify(tables["readings"]).includes('"rows":1');
  };
  const options = { service: athena, database: "lake", wait };
  expect(await goldRun(catalog, { athena: options })).toMatchObject({
    outcome: "published",
    newObjects: 2,
    athena: [{ state: "built" }],
  });
  expect(await rowsOf("totals")).toBe(1);
  await goldRun();
  expect(await rowsOf("totals")).toBe(2);
});

test("without Athena, DuckDB builds every model, once more if Athena had built it", async () => {
  await beginBuilt();
  await arrive(lake, [...two]);
  await goldRun(catalog, { ...inNoTime });
  expect(await rowsOf("totals")).toBe(1);
  await goldRun(catalog, { athena: undefined });
  expect(await rowsOf("totals")).toBe(2);
  expect((await record()).models["totals"]).not.toHaveProperty("athena");
  expect(await goldRun(catalog, { athena: undefined })).toMatchObject({ outcome: "nothing-new" });
});

describe("a run that ends before its query", () => {
  test("leaves it, and the next one takes its rows", async () => {
    await arrive(lake, [...one]);
    athena.isHeld = true;
    const first = await goldRun(catalog, inNoTime);
    expect(first.athena).toMatchObject([{ model: "totals", state: "running" }]);
    // The model is not built yet, and what reads it waits.
    expect((await record()).models).toEqual({});
    athena.isHeld = false;
    await goldRun();
    expect(athena.queries).toHaveLength(1);
    expect(published(lake.gold)).toMatchObject({ "counted/data.csv": "sensors\n1\n" });
  });

  test("writes nothing while it waits", async () => {
    await beginHeld();
    const before = new Map(lake.gold.objects);
    expect(await goldRun(catalog, inNoTime)).toMatchObject({ outcome: "nothing-new" });
    expect(new Map(lake.gold.objects)).toEqual(before);
  });

  test.each(["start", "status"] as const)("by a crash at its %s, too", async (at) => {
    await arrive(lake, [...one]);
    athena.before = (call) => {
      if (call === at) {
        throw new Error("killed");
      }
    };
    await expect(goldRun()).rejects.toThrow("killed");
    athena.before = () => {};
    await goldRun();
    expect(athena.queries).toHaveLength(1);
    expect(await rowsOf("totals")).toBe(1);
  });

  test("by a crash between the start and its record: the same token is the same query", async () => {
    await arrive(lake, [...one]);
    const put = lake.gold.put.bind(lake.gold);
    lake.gold.put = async (key, body, options) => {
      if (key.endsWith("attempt.json") && athena.queries.length === 1) {
        throw new Error("killed");
      }
      return await put(key, body, options);
    };
    await expect(goldRun()).rejects.toThrow("killed");
    lake.gold.put = put;
    expect((await readAttempt(lake.gold, "totals"))?.attempt?.query).toBeUndefined();
    await goldRun();
    expect(athena.queries).toHaveLength(1);
    expect(await rowsOf("totals")).toBe(1);
  });

  test("takes rows of the versions that it read, and the next run queries the later ones", async () => {
    await beginHeld();
    await arrive(lake, [...two]);
    await goldRun(catalog, inNoTime);
    athena.isHeld = false;
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
    expect(athena.queries).toHaveLength(2);
    expect(published(lake.gold)).toMatchObject({ "counted/data.csv": "sensors\n2\n" });
  });

  test("and whose model has changed: the query is stopped, and another started", async () => {
    await beginHeld();
    athena.isHeld = false;
    const sql = `select sensor, cast(0 as bigint) as readings, cast(0 as decimal(38, 4)) as total from readings`;
    const changed = defineModel({
      ...{ name: "totals", description: "", materialization: full(), format: "table" as const },
      ...{ columns: { sensor: string(), readings: int64(), total: decimal(38, 4) } },
      ...{ sql, engine: "athena" as const },
    });
    await goldRun(defineCatalog([readings], [changed]));
    expect(athena.stopped).toEqual([athena.queries[0]?.id]);
    expect(athena.queries).toHaveLength(2);
    expect(staged()).toEqual(["_state/athena/totals/attempt.json"]);
  });

  test("and whose model is gone: the query is stopped, and its files go", async () => {
    await beginHeld();
    await goldRun(defineCatalog([readings], []));
    expect(athena.stopped).toEqual([athena.queries[0]?.id]);
    expect(staged()).toEqual([]);
  });
});

describe("a query that", () => {
  /** Gold with one row, and current rows that have two. */
  const beginBehind = beginWith(async () => {
    await arrive(lake, [...one]);
    await goldRun();
    await arrive(lake, [...two]);
    await goldRun(tablesOnly);
  });

  beforeEach(async () => {
    await beginBehind();
    // Its queries are not counted.
    athena = new FakeAthena(lake.gold, scratch, glue);
  });

  /** The last rows stay, and all else is published. */
  async function expectLast(message: RegExp, of: Promise<GoldRun>): Promise<void> {
    await expect(of).rejects.toThrow(message);
    expect(await rowsOf("totals")).toBe(1);
    expect(runs).toMatchObject([{ model: "totals", state: "failed" }]);
    expect((await record()).tables["readings"]).toMatchObject({ files: { rows: 2 } });
  }

  test("there is no room for is started again later", async () => {
    athena.busy = 5;
    const began = time;
    await goldRun();
    expect(time - began).toBeGreaterThan(30_000);
    expect(await rowsOf("totals")).toBe(2);
  });

  test("there is no room for in all the time is left to the next run", async () => {
    athena.busy = 1;
    expect((await goldRun(catalog, inNoTime)).athena).toMatchObject([{ state: "waiting" }]);
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
  });

  test("there is no room for is an error in the end", async () => {
    athena.busy = 1_000;
    await expectLast(/^Model totals: Athena had no room for its query for 5 minutes\./, goldRun());
  });

  test("fails and may succeed is tried again, in a folder of its own", async () => {
    athena.outcomes.push({
      state: "failed",
      reason: "GENERIC_INTERNAL_ERROR: x",
      isRetryable: true,
    });
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
    const targets = athena.queries.map(({ sql }) => /TO '([^']+)'/.exec(sql)?.[1]);
    expect(new Set(targets).size).toBe(2);
    // Both attempts cost.
    expect(runs).toMatchObject([{ state: "built", bytesScanned: 2_000, milliseconds: 40 }]);
    expect((await record()).models["totals"]?.athena?.bytesScanned).toBe(2_000);
  });

  test("fails each time is an error after four attempts", async () => {
    const failed = {
      state: "failed",
      reason: "GENERIC_INTERNAL_ERROR: x",
      isRetryable: true,
    } as const;
    athena.outcomes.push(failed, failed, failed, failed);
    await expectLast(/could not run its query \(GENERIC_INTERNAL_ERROR\) \(query /, goldRun());
    expect(athena.queries).toHaveLength(4);
    expect(runs).toMatchObject([{ state: "failed", bytesScanned: 4_000 }]);
  });

  test("fails for good is not tried again before its rows, its text or the day change", async () => {
    const reason = "DIVISION_BY_ZERO: of a secret value";
    athena.outcomes.push({ state: "failed", reason, isRetryable: false });
    const failure =
      /^Model totals: Athena could not run its query \(DIVISION_BY_ZERO\) \(query [-\w]+\)\. Its last version stays/;
    await expectLast(failure, goldRun());
    expect(runs).toMatchObject([{ state: "failed", bytesScanned: 1_000 }]);
    await expectLast(failure, goldRun());
    // It is counted once.
    expect(runs).toMatchObject([{ state: "failed", bytesScanned: 0 }]);
    expect(athena.queries).toHaveLength(1);
    time += 24 * 3_600_000;
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
  });

  test("fails for good shows Athena's message to people only", async () => {
    const reason = "DIVISION_BY_ZERO: of a secret value";
    athena.outcomes.push({ state: "failed", reason, isRetryable: false });
    const error = await goldRun().catch((each) => each);
    expect(error).toMatchObject({ detail: reason, code: "ATHENA_MODEL_FAILED", kind: "data" });
    expect(error.message).not.toContain("secret");
    expect(JSON.stringify([...lake.gold.objects.values()].map(String))).not.toContain("secret");
  });

  test("fails for good is tried again at once if somebody removes its note", async () => {
    athena.outcomes.push({ state: "failed", reason: "X: y", isRetryable: false });
    await expect(goldRun()).rejects.toThrow("remove _state/athena/totals/attempt.json");
    await lake.gold.delete("_state/athena/totals/attempt.json");
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
  });

  test("somebody stops is an error", async () => {
    athena.outcomes.push({ state: "cancelled", reason: "Query cancelled by user" });
    await expectLast(/somebody stopped its query \(query /, goldRun());
  });

  test("scans more than the workgroup allows is an error", async () => {
    athena.outcomes.push({
      state: "cancelled",
      reason: "Query cancelled! : Bytes scanned limit was exceeded",
    });
    await expectLast(/would have scanned more than the workgroup allows/, goldRun());
  });

  test("takes too long is stopped", async () => {
    athena.isHeld = true;
    await expectLast(/took longer than 5 minutes, and was stopped/, goldRun());
    expect(athena.stopped).toEqual([athena.queries[0]?.id]);
  });

  test("Athena has forgotten is started again", async () => {
    athena.isHeld = true;
    await goldRun(catalog, inNoTime);
    athena.isHeld = false;
    athena.queries.pop();
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
  });

  test("finds a folder with files gets another folder, and nobody reads those files", async () => {
    athena.busy = 1;
    await goldRun(catalog, inNoTime);
    const { attempt } = (await readAttempt(lake.gold, "totals")) ?? {};
    await lake.gold.put(`_state/athena/totals/${attempt?.token}/other`, Buffer.from("x"));
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
    expect(staged()).toEqual(["_state/athena/totals/attempt.json"]);
  });

  test("wrote more files than its list has is read by its list", async () => {
    athena.isHeld = true;
    await goldRun(catalog, inNoTime);
    const [query] = athena.queries;
    await athena.finish(query ?? { id: "", sql: "", status: never() });
    const folder = staged().find((key) => /totals\/[-\w]+\//.test(key)) ?? "";
    await lake.gold.put(`${folder}-again`, lake.gold.objects.get(folder)?.bytes ?? Buffer.of());
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
  });

  test("has lost a file is started again", async () => {
    athena.isHeld = true;
    await goldRun(catalog, inNoTime);
    const [query] = athena.queries;
    await athena.finish(query ?? { id: "", sql: "", status: never() });
    await lake.gold.delete(staged().find((key) => /totals\/[-\w]+\//.test(key)) ?? "");
    athena.isHeld = false;
    await goldRun();
    expect(await rowsOf("totals")).toBe(2);
    expect(athena.queries).toHaveLength(2);
  });
});

function never(): never {
  throw new TypeError("There is no query.");
}

test("a query whose versions have expired is replaced", async () => {
  const service = athena;
  const slow = {
    retentionDays: 1,
    athena: { service, database: "lake", wait: pass, mostMinutes: 100 * 24 * 60 },
  };
  await arrive(lake, [...one]);
  athena.isHeld = true;
  await goldRun(catalog, { ...inNoTime, ...slow });
  for (const row of [two, ["c", 1, "2024-03-05"]] as const) {
    time += 3 * 24 * 3_600_000;
    await arrive(lake, [...row] as Row);
    await goldRun(catalog, { ...inNoTime, ...slow });
  }
  athena.isHeld = false;
  await goldRun(catalog, slow);
  expect(athena.queries.map(({ status }) => status.state)).toEqual(["failed", "succeeded"]);
  expect(await rowsOf("totals")).toBe(3);
});

describe("a check that fails", () => {
  const checked = defineModel({
    ...{ name: "totals", description: "", materialization: full(), format: "table" as const },
    columns: { sensor: string(), total: decimal(38, 4) },
    sql: "select sensor, cast(sum(amount) as decimal(38, 4)) as total from readings group by sensor",
    checks: [notNull("total")],
    engine: "athena" as const,
  });
  const other = defineModel({
    ...{ name: "other", description: "", materialization: full(), format: "table" as const },
    columns: { readings: int64() },
    sql: "select count(*) as readings from readings",
    engine: "athena" as const,
  });
  const both = defineCatalog([readings], [checked, other]);

  test("keeps no other model from being published, and costs no other query", async () => {
    await arrive(lake, ["a", 1, "2024-01-05"]);
    await expect(goldRun(both)).rejects.toThrow(/not_null\(total\)/);
    expect(await rowsOf("other")).toBe(1);
    expect(await rowsOf("totals")).toBeUndefined();
    await expect(goldRun(both)).rejects.toThrow(/not_null\(total\)/);
    expect(athena.queries).toHaveLength(2);
  });

  test("is looked at again with newer rows", async () => {
    await arrive(lake, ["a", 1, "2024-01-05"]);
    await expect(goldRun(both)).rejects.toThrow(/not_null\(total\)/);
    await arrive(lake, ["a", 1, "2024-01-05", { amount: "1" }]);
    await goldRun(both);
    expect(await rowsOf("totals")).toBe(1);
  });
});

test("a run that another one overtakes leaves the rows to the next one", async () => {
  await beginHeld();
  athena.isHeld = false;
  let raced = false;
  athena.before = (call) => {
    raced ||= call === "status";
  };
  const [first, second] = await Promise.all([goldRun(), goldRun()]);
  expect([first.outcome, second.outcome]).toContain("published");
  expect(raced).toBe(true);
  expect(await rowsOf("totals")).toBe(1);
  expect(athena.queries).toHaveLength(1);
});

test("rows that another run has published since they were found are not taken twice", async () => {
  await beginHeld();
  athena.isHeld = false;
  let found = false;
  let other: GoldRun | undefined;
  const slow = watched(lake, {
    before: async (call) => {
      if (found && other === undefined && call.endsWith("run.json")) {
        found = false;
        other = await goldRun();
      }
    },
    after: async (call) => {
      found ||= other === undefined && call.endsWith("-manifest.csv");
    },
  });
  const done = await run(slow, catalog, optionsOf());
  expect(other?.outcome).toBe("published");
  expect(done.outcome).toBe("nothing-new");
  expect(await rowsOf("totals")).toBe(1);
  expect(athena.queries).toHaveLength(1);
  expect(staged().filter((key) => key.endsWith(".parquet"))).toEqual([]);
});

describe("a run that another one overtakes", () => {
  /** @param records How often it has read the record before it reads the state of a table. */
  async function overtaken(records: number): Promise<GoldRun> {
    let other: GoldRun | undefined;
    let found = 0;
    const slow = watched(lake, {
      before: async (call) => {
        found += call === "open _state/run.json" ? 1 : 0;
        if (found === records && other === undefined && call.includes("_state/open/readings/")) {
          await arrive(lake, [...two]);
          other = await goldRun();
        }
      },
      after: async () => {},
    });
    const done = await run(slow, catalog, optionsOf());
    expect(other?.outcome).toBe("published");
    expect(await rowsOf("totals")).toBe(2);
    return done;
  }

  test("while it looks up versions goes on with the newer ones", async () => {
    await beginBuilt();
    expect(await overtaken(2)).toMatchObject({ outcome: "nothing-new" });
  });

  test("while it repairs the catalog stops", async () => {
    await beginBuilt();
    glue.entries.delete("readings");
    expect(await overtaken(1)).toMatchObject({ outcome: "superseded" });
  });
});

test("models of Athena read each other, one after the other", async () => {
  const second = defineModel({
    ...{ name: "second", description: "", materialization: full(), format: "table" as const },
    columns: { sensors: int64() },
    sql: "select count(*) as sensors from totals",
    engine: "athena" as const,
  });
  await arrive(lake, [...one]);
  const done = await goldRun(defineCatalog([readings], [totals, second]));
  expect(done.athena).toMatchObject([
    { model: "totals", state: "built" },
    { model: "second", state: "built" },
  ]);
  expect(athena.queries).toHaveLength(2);
});

describe("a large result", () => {
  function largeOf(sql: string, checks: Model["checks"] = [notNull("sensor")]): Catalog {
    const large = defineModel({
      ...{ name: "large", description: "", materialization: full(), format: "table" as const },
      ...{ columns: { sensor: string() }, sql, engine: toAthena({ largeOutput: true }) },
      checks: checks as Check<"sensor">[],
    });
    const sensors = defineModel({
      ...{ name: "sensors", description: "", materialization: full() },
      ...{ columns: { sensors: int64() }, sql: "select count(*) as sensors from large" },
    });
    return defineCatalog([readings], [large, sensors]);
  }

  async function filesOf(name: string): Promise<readonly StoredFile[]> {
    const output = (await record()).models[name]?.outputs[""];
    return output === undefined ? [] : filesOfOutput(output);
  }

  /** Gold has nothing of attempts but these files, and the catalog no scratch table. */
  function expectOnly(keys: readonly string[]): void {
    const found = [...lake.gold.objects.keys()].filter((key) => key.startsWith("large/athena/"));
    expect(found.sort()).toEqual(keys.toSorted());
    expect([...glue.entries.keys()].sort()).toEqual(["large", "readings"]);
    expect(staged()).toEqual(["_state/athena/large/attempt.json"]);
  }

  const sensors = "abcdefgh".split("");
  const all = "select sensor from readings";

  beforeEach(async () => {
    athena.files = 3;
    await arrive(lake, ...sensors.map((sensor): Row => [sensor, 1, "2024-01-05"]));
  });

  test("becomes the model's as Athena wrote it, and other models read it", async () => {
    const downloads = vi.spyOn(lake.gold, "download");
    await goldRun(largeOf(all));
    const files = await filesOf("large");
    expect(files.map(({ rows }) => rows)).toEqual([3, 3, 2]);
    expectOnly(files.map(({ key }) => key));
    expect(published(lake.gold)).toMatchObject({ "sensors/data.csv": "sensors\n8\n" });
    // Only for the model that reads it.
    const read = downloads.mock.calls.filter(([key]) => key.startsWith("large/"));
    expect(read).toHaveLength(3);
    expect(await goldRun(largeOf(all))).toMatchObject({ outcome: "nothing-new" });
  });

  test("keeps its files for the versions that have them, and no longer", async () => {
    await goldRun(largeOf(all), { retentionDays: 1 });
    const [first] = await filesOf("large");
    await arrive(lake, ["i", 1, "2024-01-05"]);
    await goldRun(largeOf(all), { retentionDays: 1 });
    const second = await filesOf("large");
    expect(lake.gold.objects.has(first?.key ?? "")).toBe(true);
    const history = (await readHistories(lake.gold)).get("large");
    const versions = history?.table.versions ?? [];
    expect(versions.map((version) => history && contentAt(history, version).keys.length)).toEqual([
      3, 3,
    ]);
    time += 3 * 24 * 60 * 60_000;
    await arrive(lake, ["j", 1, "2024-01-05"]);
    await goldRun(largeOf(all), { retentionDays: 1 });
    const third = await filesOf("large");
    time += 3 * 24 * 60 * 60_000;
    await arrive(lake, ["k", 1, "2024-01-05"]);
    await goldRun(largeOf(all), { retentionDays: 1 });
    const kept = [...third, ...(await filesOf("large"))];
    expectOnly(kept.map(({ key }) => key));
    expect(kept.some(({ key }) => second.some((each) => each.key === key))).toBe(false);
  });

  test("without rows has no files", async () => {
    await goldRun(largeOf("select sensor from readings where sensor = 'z'"));
    expect(await filesOf("large")).toEqual([]);
    expectOnly([]);
    expect(published(lake.gold)).toMatchObject({ "sensors/data.csv": "sensors\n0\n" });
  });

  test("has the ids of the model's columns, whatever they were before", async () => {
    const build = async (...names: string[]) => {
      const typed = Object.fromEntries(names.map((name) => [name, string()]));
      const sql = `select ${names.map((name) => `sensor as ${name}`).join(", ")} from readings`;
      const model = defineModel({
        ...{ name: "large", description: "", materialization: full(), format: "table" as const },
        ...{ columns: typed, sql, engine: toAthena({ largeOutput: true }) },
      });
      await goldRun(defineCatalog([readings], [model]));
      return idsByName((await record()).models["large"]?.columnIds ?? noColumnIds);
    };
    expect(await build("a", "b")).toEqual({ a: 1, b: 2 });
    expect(await build("c", "b")).toEqual({ c: 3, b: 2 });
    expect(await build("b")).toEqual({ b: 2 });
    expect((await filesOf("large")).map(({ rows }) => rows)).toEqual([3, 3, 2]);
  });

  const checks = [
    unique("sensor"),
    notNull("sensor"),
    acceptedValues("sensor", ["a", "b"]),
    relationship("sensor", "readings", "note"),
    returnsNoRow("later ones", "select sensor, 1 as one from large where sensor > 'f'"),
    rowCount({ minimum: 10 }),
  ];
  const broken = "select case when sensor <> 'h' then sensor end as sensor from readings";
  test("is checked by Athena, with the results that DuckDB has", async () => {
    const catalog = largeOf(
      `${broken} union all select 'a' from readings where sensor = 'a'`,
      checks,
    );
    const failureOf = async (options: Partial<GoldOptions>) =>
      await goldRun(catalog, options).then(
        () => undefined,
        (error: unknown) => (error instanceof CheckFailedError ? error : undefined),
      );
    const remote = await failureOf({});
    const local = await failureOf({ athena: undefined });
    expect(remote?.message).toBe(local?.message);
    expect(remote?.failures).toHaveLength(6);
    for (const [index, { sample }] of (local?.failures ?? []).entries()) {
      const found = remote?.failures[index]?.sample ?? [];
      expect(found).toHaveLength(sample.length);
      expect(Object.keys(found[0] ?? {})).toEqual(Object.keys(sample[0] ?? {}));
    }
  });

  test("leaves nothing if a check refuses it, and is looked at again without another query", async () => {
    await expect(goldRun(largeOf(broken))).rejects.toThrow(/not_null\(sensor\)/);
    const queries = athena.queries.length;
    await expect(goldRun(largeOf(broken))).rejects.toThrow(/not_null\(sensor\)/);
    expect(athena.queries).toHaveLength(queries);
    expect((await record()).models).toEqual({});
    await arrive(lake, ["i", 1, "2024-01-05"]);
    await expect(goldRun(largeOf(broken))).rejects.toThrow(/not_null\(sensor\)/);
    await goldRun(largeOf(all));
    expectOnly((await filesOf("large")).map(({ key }) => key));
  });

  test("that was refused is checked again once what its checks read has other rows", async () => {
    const withKnown = (condition: string) => {
      const known = defineModel({
        ...{ name: "known", description: "", materialization: full(), format: "table" as const },
        ...{ columns: { sensor: string() }, sql: `${all} where ${condition}` },
      });
      const large = defineModel({
        ...{ name: "large", description: "", materialization: full(), format: "table" as const },
        ...{ columns: { sensor: string() }, sql: all, engine: toAthena({ largeOutput: true }) },
        checks: [relationship("sensor", "known", "sensor")],
      });
      return defineCatalog([readings], [known, large]);
    };
    await expect(goldRun(withKnown("sensor <> 'h'"))).rejects.toThrow(/relationship/);
    await expect(goldRun(withKnown("sensor <> 'h'"))).rejects.toThrow(/relationship/);
    await goldRun(withKnown("true"));
    expect(await rowsOf("large")).toBe(8);
    const kinds = athena.queries.map(({ sql }) => sql.slice(0, 6));
    expect(kinds).toEqual(["INSERT", "UNLOAD", "UNLOAD"]);
  });

  /** A run has ended after Athena wrote the rows, before the checks. */
  async function beginWritten(): Promise<void> {
    athena.isHeld = true;
    await goldRun(largeOf(all), inNoTime);
    athena.isHeld = false;
    await athena.finish(athena.queries[0] ?? never());
  }

  test.each([
    [
      { state: "failed", reason: "DIVISION_BY_ZERO: x" },
      /could not run its check not_null\(sensor\) \(DIVISION_BY_ZERO\)/,
    ],
    [{ state: "cancelled", reason: "Query cancelled by user" }, /somebody stopped its query/],
    [
      { state: "cancelled", reason: "Bytes scanned limit was exceeded" },
      /would have scanned more than the workgroup allows/,
    ],
  ] as const)("whose check is %j fails the model alone", async (outcome, message) => {
    await beginWritten();
    athena.outcomes.push(outcome);
    await expect(goldRun(largeOf(all))).rejects.toThrow(message);
    // The rows cost, too.
    expect(runs).toMatchObject([{ state: "failed", bytesScanned: 2_000 }]);
    expect((await record()).models).toEqual({});
    await lake.gold.delete("_state/athena/large/attempt.json");
    await goldRun(largeOf(all));
    expectOnly((await filesOf("large")).map(({ key }) => key));
  });

  test("whose check takes too long is stopped, and one that Athena has no room for waits", async () => {
    await beginWritten();
    athena.busy = 2;
    athena.isHeld = true;
    await expect(goldRun(largeOf(all))).rejects.toThrow(/took longer than 5 minutes/);
    expect(athena.stopped).toContain(athena.queries[1]?.id);
    expect(athena.queries).toHaveLength(2);
  });

  test("whose check may succeed later is written again", async () => {
    await beginWritten();
    athena.outcomes.push({ state: "failed", reason: "x", isRetryable: true });
    await goldRun(largeOf(all));
    expect(runs).toMatchObject([{ state: "built", bytesScanned: 4_000 }]);
    expectOnly((await filesOf("large")).map(({ key }) => key));
  });

  test("that another run has given up since it was found is not taken over", async () => {
    await beginWritten();
    const { list } = lake.gold;
    const token = (await readAttempt(lake.gold, "large"))?.attempt?.token;
    let slices = 0;
    lake.gold.list = async function* (prefix, ...more) {
      slices += prefix === "" ? 1 : 0;
      if (slices === 2) {
        const { attempt, etag } = (await readAttempt(lake.gold, "large")) ?? never();
        const other = { ...(attempt ?? never()), token: randomUUID() };
        await writeAttempt(lake.gold, "large", other, etag);
        slices += 1;
      }
      yield* list.call(lake.gold, prefix, ...more);
    };
    await goldRun(largeOf(all));
    expect(slices).toBeGreaterThan(2);
    expect((await record()).models["large"]?.athena?.token).not.toBe(token);
    expectOnly((await filesOf("large")).map(({ key }) => key));
  });

  test("is not queried again because Athena refuses a check", async () => {
    const checked = largeOf(all, [notNull("sensor")]);
    athena.before = (call) => {
      if (call === "start" && athena.queries.length > 0) {
        throw new QueryRefusedError("the workgroup is disabled", false);
      }
    };
    await expect(goldRun(checked)).rejects.toThrow(/Athena refuses one of its checks/);
    await expect(goldRun(checked)).rejects.toThrow(/Each run tries it again/);
    athena.before = () => {};
    await goldRun(checked);
    expect(await rowsOf("large")).toBe(8);
    expect(athena.queries).toHaveLength(2);
  });

  test("is queried again if its scratch table, or its files, are removed meanwhile", async () => {
    athena.isHeld = true;
    await goldRun(largeOf(all), inNoTime);
    athena.isHeld = false;
    const [query] = athena.queries;
    await athena.finish(query ?? never());
    const written = [...lake.gold.objects.keys()].find((key) => /^large\/.*\.parquet$/.test(key));
    await lake.gold.delete(written ?? "");
    await goldRun(largeOf(all));
    expectOnly((await filesOf("large")).map(({ key }) => key));
    expect(await rowsOf("large")).toBe(8);
    const inserts = athena.queries.filter(({ sql }) => sql.startsWith("INSERT"));
    expect(inserts).toHaveLength(2);
  });

  test("of an attempt that is given up goes with the next commit, table and files", async () => {
    athena.isHeld = true;
    await goldRun(largeOf(all), inNoTime);
    athena.isHeld = false;
    await athena.finish(athena.queries[0] ?? never());
    // Another model of the same name, which DuckDB builds.
    const model = defineModel({
      ...{ name: "large", description: "", materialization: full(), format: "table" as const },
      ...{ columns: { sensor: string() }, sql: all },
    });
    await goldRun(defineCatalog([readings], [model]));
    await arrive(lake, ["i", 1, "2024-01-05"]);
    await goldRun(defineCatalog([readings], [model]));
    expect([...lake.gold.objects.keys()].filter((key) => key.startsWith("large/athena/"))).toEqual(
      [],
    );
    expect([...glue.entries.keys()].sort()).toEqual(["large", "readings"]);
  });
});
