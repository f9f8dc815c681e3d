/** Checks on numbers of rows: minimum, largest decrease, and what stops a run without any check. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import { notNull, type RowCountCheck, rowCount } from "@lakehouse/transforms/model/check";
import { defineModel, full, incremental } from "@lakehouse/transforms/model/model";
import { expect, test } from "vitest";
import { planTable } from "../../src/current/silver-objects.ts";
import { CheckFailedError } from "../../src/errors.ts";
import type { GoldOptions } from "../../src/gold-run.ts";
import { failedRowCounts } from "../../src/models/row-counts.ts";
import { emptyRecord } from "../../src/state/run-record.ts";
import {
  bronzeKey,
  contentOf,
  type MemoryLake,
  newLake,
  run,
  writeSilver,
} from "../support/lake.ts";

function visitsWith(checks: readonly RowCountCheck[] = []) {
  return defineTable({
    name: "visits",
    columns: { id: string().notNull(), day: date().notNull(), open: string() },
    primaryKey: ["id"],
    partitionBy: month("day"),
    checks,
  });
}

/** A full model and an incremental one. The first has only some of the rows. */
function catalogOf(tableChecks: readonly RowCountCheck[], modelChecks: readonly RowCountCheck[]) {
  const visits = visitsWith(tableChecks);
  const open = defineModel({
    name: "open_visits",
    description: "Visits that have not ended",
    materialization: full(),
    columns: { id: string() },
    sql: "select id from visits where open = 'yes' order by id",
    checks: [...modelChecks, notNull("id")],
  });
  const days = defineModel({
    name: "visit_days",
    description: "Visits of each day",
    materialization: incremental(visits),
    columns: { day: date(), visits: int64() },
    sql: "select day, count(*) as visits from visits group by day order by day",
  });
  return defineCatalog([visits], [open, days]);
}

/** Replaces the table's only silver object by one with these numbers of rows. */
async function setRows({ silver }: MemoryLake, rows: number, open = rows): Promise<void> {
  const visits = Array.from({ length: rows }, (_, at) => ({
    id: String(at).padStart(3, "0"),
    day: "2024-01-05",
    open: at < open ? "yes" : "no",
  }));
  await writeSilver(silver, bronzeKey(1, "visits"), visits, visitsWith());
}

async function failuresOf(lake: MemoryLake, catalog: Catalog, options?: Partial<GoldOptions>) {
  try {
    await run(lake, catalog, options);
    return [];
  } catch (error) {
    if (!(error instanceof CheckFailedError)) {
      throw error;
    }
    return error.failures.map(({ model, check }) => `${model}: ${check}`);
  }
}

const plain = catalogOf([], []);

test.each<[limits: RowCountCheck, from: number, to: number, passes: boolean]>([
  [rowCount({ maximumDecrease: 0.5 }), 10, 5, true],
  [rowCount({ maximumDecrease: 0.5 }), 10, 4, false],
  [rowCount({ maximumDecrease: 0.29 }), 100, 71, true],
  [rowCount({ maximumDecrease: 0.29 }), 100, 70, false],
  [rowCount({ maximumDecrease: 0 }), 3, 3, true],
  [rowCount({ maximumDecrease: 0 }), 3, 2, false],
  [rowCount({ maximumDecrease: 1 }), 3, 0, true],
  [rowCount({ maximumDecrease: 0.1 }), 3, 300, true],
  [rowCount({ minimum: 1 }), 100, 10, true],
  [rowCount({ minimum: 1 }), 100, 9, false],
  [rowCount({ minimum: 3 }), 9, 3, true],
  [rowCount({ minimum: 3 }), 9, 2, false],
  [rowCount({ minimum: 3, maximumDecrease: 0.9 }), 9, 2, false],
])("%j, from %i to %i rows: %s", (check, from, to, passes) => {
  const table = visitsWith([check]);
  const record = (rows: number) => ({
    fingerprint: "",
    manifest: "",
    files: { key: "a", rows, count: 2 },
  });
  const plan = {
    ...planTable([], new Map()),
    kept: new Map([["a", { etag: "", partitions: [] }]]),
  };
  const failures = failedRowCounts({
    old: { ...emptyRecord, tables: { visits: record(from) } },
    plans: [{ table, plan, redefined: false, held: undefined }],
    tables: new Map([
      [
        "visits",
        {
          record: record(to),
          silver: { entries: new Map(), untouched: [] },
          files: new Map(),
          changed: new Set(),
          redefined: false,
        },
      ],
    ]),
    models: [],
    accepted: new Set(),
  });
  const name = expect.stringMatching(/^row_count\(m/);
  const rows = { published: from, now: to, isDecrease: to >= (check.minimum ?? 0) };
  expect(failures).toMatchObject(passes ? [] : [{ model: "visits", check: name, rows }]);
});

test("a table that would lose most of its rows stops the run until a person accepts it", async () => {
  const lake = newLake();
  await setRows(lake, 4);
  await run(lake, plain);
  const good = contentOf(lake.gold);
  await setRows(lake, 0);
  const error = await run(lake, plain).catch((each: unknown) => each);
  expect(error).toMatchObject({
    code: "CHECK_FAILED",
    detail: undefined,
    message:
      "These checks failed: visits: row_count(maximumDecrease 0.9 by default) (4 rows published, 0 now). Gold is unchanged. " +
      "Fix the data or the check, then run again. If it is right that these rows are gone, accept it once: " +
      "lakehouse gold --accept-decrease visits.",
  });
  expect(contentOf(lake.gold)).toEqual(good);
  // A rebuild does not get around it, and the next scheduled run does not either.
  expect(await failuresOf(lake, plain, { rebuild: true })).toHaveLength(1);
  expect(await failuresOf(lake, plain, { acceptDecrease: ["visit_days"] })).toHaveLength(1);
  expect(contentOf(lake.gold)).toEqual(good);
  const acceptDecrease = ["visits"];
  expect(await run(lake, plain, { acceptDecrease })).toMatchObject({ currentRows: { visits: 0 } });
  expect(await run(lake, plain)).toMatchObject({ outcome: "nothing-new" });
  await setRows(lake, 3);
  expect(await run(lake, plain)).toMatchObject({ currentRows: { visits: 3 } });
});

test("a decrease that was accepted is what the next run compares with", async () => {
  const lake = newLake();
  const catalog = catalogOf([rowCount({ maximumDecrease: 0.5 })], []);
  await setRows(lake, 10);
  await run(lake, catalog);
  await setRows(lake, 3);
  expect(await failuresOf(lake, catalog)).toEqual(["visits: row_count(maximumDecrease 0.5)"]);
  await run(lake, catalog, { acceptDecrease: ["visits"] });
  await setRows(lake, 2);
  expect(await failuresOf(lake, catalog)).toEqual([]);
  await setRows(lake, 0);
  expect(await failuresOf(lake, catalog)).toEqual(["visits: row_count(maximumDecrease 0.5)"]);
});

test("a minimum can't be accepted, and counts the whole model although a part was built", async () => {
  const lake = newLake();
  const catalog = catalogOf([], [rowCount({ minimum: 2 })]);
  await setRows(lake, 5, 2);
  await run(lake, catalog);
  await setRows(lake, 5, 1);
  const error = await run(lake, catalog, { acceptDecrease: ["open_visits"] }).catch(
    (each: unknown) => each,
  );
  expect(error).toMatchObject({
    failures: [{ model: "open_visits", failing: 1, rows: { published: 2, now: 1 } }],
    hint: "Fix the data or the check, then run again.",
  });
});

test("a model may become empty while the tables that it reads have rows", async () => {
  const lake = newLake();
  await setRows(lake, 5, 2);
  await run(lake, plain);
  await setRows(lake, 5, 0);
  expect(await failuresOf(lake, plain)).toEqual([]);
  expect(lake.gold.text("open_visits/data.csv")).toBe("id\n");
});

test("removed silver counts like replaced silver", async () => {
  const lake = newLake();
  await setRows(lake, 2);
  await run(lake, plain);
  for (const key of [...lake.silver.objects.keys()]) {
    await lake.silver.delete(key);
  }
  expect(await failuresOf(lake, plain)).toEqual([
    "visits: row_count(maximumDecrease 0.9 by default)",
  ]);
});

test("a renamed table does not empty the models that now read it", async () => {
  const lake = newLake();
  await setRows(lake, 2);
  await run(lake, plain);
  const calls = defineTable({
    name: "calls",
    columns: { id: string().notNull(), day: date().notNull(), open: string() },
    primaryKey: ["id"],
    partitionBy: month("day"),
  });
  const days = defineModel({
    name: "visit_days",
    description: "Calls of each day",
    materialization: incremental(calls),
    columns: { day: date(), visits: int64() },
    sql: "select day, count(*) as visits from calls group by day order by day",
  });
  const renamed = defineCatalog([calls], [days]);
  expect(await failuresOf(lake, renamed)).toEqual([
    "visit_days: row_count(maximumDecrease 0.9 by default)",
  ]);
  expect(await failuresOf(lake, renamed, { acceptDecrease: ["visit_days"] })).toEqual([]);
});

test("a minimum waits for the first silver, but not for the first row", async () => {
  const lake = newLake();
  const check = rowCount({ minimum: 1 });
  const catalog = catalogOf([check], [check]);
  expect(await failuresOf(lake, catalog)).toEqual([]);
  await setRows(lake, 0);
  expect(await failuresOf(lake, catalog)).toEqual([
    "visits: row_count(minimum 1)",
    "open_visits: row_count(minimum 1)",
  ]);
});

test("a table's checks change neither its silver nor its current rows", () => {
  const [checked, unchecked] = [visitsWith([rowCount({ minimum: 1 })]), visitsWith()];
  expect(checked.silverFingerprint).toBe(unchecked.silverFingerprint);
  expect(checked.currentFingerprint).toBe(unchecked.currentFingerprint);
});

test("an accepted name must exist", async () => {
  const lake = newLake();
  await expect(run(lake, plain, { acceptDecrease: ["visit"] })).rejects.toMatchObject({
    code: "UNKNOWN_NAME",
    kind: "usage",
    message:
      'There is no table or model "visit" whose decrease could be accepted. ' +
      "Tables and models are: visits, open_visits, visit_days.",
  });
});
