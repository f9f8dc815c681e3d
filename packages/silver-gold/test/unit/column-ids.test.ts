/** An id that a column had is never given to another column, even if the file list is lost. */
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { beforeEach, expect, test } from "vitest";
import { FileLists } from "../../src/state/file-list.ts";
import {
  isLegacy,
  type ListedTable,
  type RunRecord,
  readRunRecord,
  serializeRunRecord,
} from "../../src/state/run-record.ts";
import { runRecordKey } from "../../src/state/state-keys.ts";
import { bronzeKey, type MemoryLake, newLake, reading, run, writeSilver } from "../support/lake.ts";

const key = { sensor: string().notNull(), number: int64().notNull(), taken_on: date().notNull() };
const withColumns = (columns: Parameters<typeof defineTable>[0]["columns"]) =>
  defineCatalog(
    [
      defineTable({
        name: "readings",
        columns: { ...key, ...columns },
        primaryKey: ["sensor", "number"],
        partitionBy: month("taken_on"),
      }),
    ],
    [],
  );
const first = withColumns({ note: string() });
const second = withColumns({});
const third = withColumns({ extra: string() });
const fourth = withColumns({ extra: string(), more: string() });

let lake: MemoryLake;
beforeEach(async () => {
  lake = newLake();
  await writeSilver(lake.silver, bronzeKey(1), [reading("a", 1, "2024-01-05")]);
  await run(lake, first);
  await run(lake, second);
});

async function recordOf(): Promise<RunRecord> {
  const seen = await readRunRecord(lake.gold);
  if (seen === undefined) {
    throw new Error("There is no run record.");
  }
  return seen.record;
}

async function tableOf(): Promise<ListedTable> {
  const { readings } = (await recordOf()).tables;
  if (readings === undefined || isLegacy(readings)) {
    throw new Error("Readings have no file list.");
  }
  return readings;
}

async function idsOf(): Promise<Readonly<Record<string, number>>> {
  const { columnIds } = await new FileLists(lake.gold).of(await tableOf());
  return Object.fromEntries(Object.entries(columnIds.columns).map(([name, { id }]) => [name, id]));
}

const expected = { sensor: 1, number: 2, taken_on: 3, extra: 5 };

test("a new column gets a new id", async () => {
  await run(lake, third);
  expect(await idsOf()).toEqual(expected);
});

for (const [how, damage] of [
  ["damaged", async (path: string) => lake.gold.put(path, Buffer.from("damaged"))],
  ["missing", async (path: string) => lake.gold.delete(path)],
] as const) {
  test(`so it does in a rebuild that replaces a ${how} file list`, async () => {
    await damage((await tableOf()).files.key);
    await run(lake, third, { rebuild: true });
    expect(await idsOf()).toEqual(expected);
  });
}

test("a record of an earlier version has the ids in what it remembers of the open table", async () => {
  await run(lake, third);
  const record = await recordOf();
  const { columnIds: _, ...readings } = await tableOf();
  await lake.gold.put(runRecordKey, serializeRunRecord({ ...record, tables: { readings } }));
  await lake.gold.put(readings.files.key, Buffer.from("damaged"));
  await run(lake, fourth, { rebuild: true });
  expect(await idsOf()).toEqual({ ...expected, more: 6 });
});
