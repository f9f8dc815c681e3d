/** The bundled handler prints metrics that match the run, and logs as JSON. It never prints a record. */
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { orders } from "@lakehouse/fixtures/orders/contract";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { goldMetricNames } from "@lakehouse/lake/metrics";
import { beforeEach, expect, test } from "vitest";
import { type CallResult, call, callAll } from "../support/bundle.ts";
import { bronzeKey, type Fields, scratch, writeSilver } from "../support/lake.ts";

const environment = { LAKEHOUSE_ENVIRONMENT: "dev" };
/** Digits that occur in no time and no count. */
const marker = "470815474711";
let lake: string;
let objects: number;

beforeEach(async () => {
  lake = await mkdtemp(join(scratch, "lake-"));
  objects = 0;
});

async function addSilver(fields: Fields): Promise<void> {
  const row = { customer_id: marker, order_id: marker, order_date: "2024-01-05", ...fields };
  const silver = new DirectoryStore(join(lake, "silver"));
  objects += 1;
  await writeSilver(silver, bronzeKey(objects, "orders"), [row], orders);
}

/** Two events in one process. */
async function twice(one: object, other: object): Promise<[CallResult, CallResult]> {
  return (await callAll(lake, [one, other], environment)) as [CallResult, CallResult];
}

function linesOf(logs: string): Record<string, unknown>[] {
  const lines = logs.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The one line of metrics; undefined if none was printed. */
function metricsOf(logs: string): Record<string, unknown> | undefined {
  const [line, ...more] = linesOf(logs).filter((each) => each["_aws"] !== undefined);
  expect(more).toEqual([]);
  return line;
}

test("a run prints the counts of its answer, and the age of gold at its start", async () => {
  await addSilver({ amount: "12.34" });
  const [first, second] = await twice({}, {});
  expect(first.answer).toMatchObject({ outcome: "published", newObjects: 1 });
  const { _aws, ...numbers } = metricsOf(first.logs) ?? {};
  expect(numbers).toEqual({
    environment: "dev",
    GoldRuns: 1,
    NewObjects: 1,
    GoldBacklogObjects: 0,
    GoldBacklogBytes: 0,
    OutdatedObjects: 0,
    ChecksFailed: 0,
  });
  expect(_aws).toMatchObject({
    CloudWatchMetrics: [
      {
        Namespace: "Lakehouse",
        Dimensions: [["environment"]],
        Metrics: [
          { Name: "GoldRuns", Unit: "Count" },
          { Name: "NewObjects", Unit: "Count" },
          { Name: "GoldBacklogObjects", Unit: "Count" },
          { Name: "GoldBacklogBytes", Unit: "Bytes" },
          { Name: "ChecksFailed", Unit: "Count" },
          { Name: "OutdatedObjects", Unit: "Count" },
        ],
      },
    ],
  });

  expect(second.answer).toMatchObject({ outcome: "nothing-new" });
  const all = metricsOf(second.logs) ?? {};
  // Those of Athena come with a workgroup that builds models.
  const names = Object.values(goldMetricNames).filter((name) => !name.startsWith("Athena"));
  expect(Object.keys(all)).toEqual(expect.arrayContaining(names));
  const { GoldAge: age, ...others } = all;
  expect(others).toMatchObject({ GoldRuns: 1, NewObjects: 0, ChecksFailed: 0, Retired: 0 });
  const since = (Date.now() - Date.parse(String(first.answer?.["finishedAt"]))) / 1000;
  expect(age).toBeGreaterThan(0);
  expect(age).toBeLessThan(since);
});

test("a failed check is counted, is not a successful run, and prints no row", async () => {
  await addSilver({ amount: "12.34" });
  await call(lake, {}, environment);
  await addSilver({ amount: `-${marker}.00` });
  const { failure, logs } = await call(lake, {}, environment);
  expect(failure?.code).toBe("CHECK_FAILED");
  const failed = linesOf(logs).find((line) => line["message"] === "run failed");
  expect(failed?.["checks"]).toContainEqual({
    model: "customer_daily",
    check: expect.stringContaining("revenue"),
    failing: 1,
  });
  const { GoldAge, ChecksFailed, GoldRuns, NewObjects, OutdatedObjects } = metricsOf(logs) ?? {};
  // Old contracts are no less old while gold fails.
  expect(OutdatedObjects).toBe(0);
  expect({ GoldRuns, NewObjects }).toEqual({ GoldRuns: undefined, NewObjects: undefined });
  expect(failed?.["checks"]).toHaveLength(Number(ChecksFailed));
  expect(GoldAge).toBeGreaterThan(0);
  expect(logs).not.toContain(marker);
});

test("no log contains a record, from good silver, unreadable silver or events", async () => {
  await addSilver({ amount: "12.34" });
  const good = await call(lake, {}, environment);
  await addSilver({ amount: `not a number ${marker}` });
  const [unreadable, unknown] = await twice({}, { rebuild: marker });
  expect(unreadable.failure?.code).toBe("SILVER_OBJECT_UNREADABLE");
  expect(unknown.failure?.code).toBe("UNKNOWN_EVENT");
  for (const { logs } of [good, unreadable, unknown]) {
    expect(linesOf(logs).length).toBeGreaterThan(0);
    expect(logs).not.toContain(marker);
  }
});

test("no metrics are printed without an environment", async () => {
  await addSilver({ amount: "12.34" });
  expect(metricsOf((await call(lake, {})).logs)).toBeUndefined();
});
