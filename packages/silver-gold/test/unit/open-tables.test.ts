/** Current rows are Delta tables that follow the run record. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { step } from "@lakehouse/testing/property";
import { date, int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { beforeEach, describe, expect, test } from "vitest";
import { contentAt, readHistories } from "../../src/inspect/versions.ts";
import { readRunRecord, serializeRunRecord } from "../../src/state/run-record.ts";
import { isLog, runRecordKey } from "../../src/state/state-keys.ts";
import {
  arrive,
  contentOf,
  dataFilesOf,
  type MemoryLake,
  newLake,
  preparedLake,
  published,
  run,
  smallCatalog,
} from "../support/lake.ts";
import { faulty, watched } from "../support/watched-store.ts";

type Action = Readonly<Record<string, { readonly path: string } | undefined>>;

const start = Date.parse("2026-11-01T06:00:00Z");
const day = 86_400_000;
let lake: MemoryLake;

/** One version, with one row. */
const oneVersion = preparedLake(async () => {
  const made = newLake("gold");
  await arrive(made, ["a", 1, "2024-01-05"]);
  await runOn(0, smallCatalog, {}, made);
  return made;
});
const twoVersions = preparedLake(async () => {
  const made = await oneVersion();
  await arrive(made, ["b", 1, "2024-02-05"]);
  await runOn(1, smallCatalog, {}, made);
  return made;
});

beforeEach(() => {
  lake = newLake("gold");
});

/** A run on a day after the start. */
function runOn(
  days: number,
  of = smallCatalog,
  options = {},
  at: { readonly silver: ObjectStore; readonly gold: ObjectStore } = lake,
) {
  return run(at, of, { now: () => new Date(start + days * day), ...options });
}

function logKeys(): string[] {
  return [...lake.gold.objects.keys()].filter(isLog).sort();
}

function actionsOf(key: string): Action[] {
  const lines = lake.gold.text(key)?.split("\n");
  return lines?.filter((line) => line !== "").map((line) => JSON.parse(line) as Action) ?? [];
}

/** The keys of the files of a version, by replaying the log from its start. */
function filesAt(version: number): string[] {
  const files = new Set<string>();
  for (const key of logKeys().slice(0, version + 1)) {
    for (const { add, remove } of actionsOf(key)) {
      if (add !== undefined) {
        files.add(`readings/${decodeURIComponent(add.path)}`);
      }
      if (remove !== undefined) {
        files.delete(`readings/${decodeURIComponent(remove.path)}`);
      }
    }
  }
  return [...files].sort();
}

async function currentFiles(): Promise<string[]> {
  return [...(await dataFilesOf(lake)).values()].flat().sort();
}

/** Whether the log's last version is the run record's, and all of its files are there. */
async function expectWhole(versions: number): Promise<void> {
  expect(logKeys()).toHaveLength(versions);
  expect(filesAt(versions - 1)).toEqual(await currentFiles());
  const history = (await readHistories(lake.gold)).get("readings");
  expect(history?.versions).toHaveLength(versions);
  for (const version of history?.versions ?? []) {
    const files = filesAt(version.version);
    expect(files.filter((key) => !lake.gold.objects.has(key))).toEqual([]);
    expect(history && contentAt(history, version).keys).toEqual(files);
  }
}

test("every run that changes rows adds a version, and earlier ones can still be read", async () => {
  await arrive(lake, ["a", 1, "2024-01-05"], ["b", 1, "2024-02-05"]);
  await runOn(0);
  await arrive(lake, ["a", 2, "2024-01-06"]);
  await runOn(1);
  await arrive(lake, ["c", 1, "2024-03-05"]);
  await runOn(2);
  await expectWhole(3);
  expect(await runOn(3)).toMatchObject({ outcome: "nothing-new" });
  await expectWhole(3);
  expect(filesAt(0)).toHaveLength(2);
});

test("a table without rows has a log", async () => {
  await runOn(0);
  expect(actionsOf(logKeys()[0] ?? "").some(({ metaData }) => metaData !== undefined)).toBe(true);
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runOn(1);
  await expectWhole(2);
});

test("files that no version within the retention has are removed", async () => {
  for (const days of [0, 1, 2, 30]) {
    await arrive(lake, ["a", days + 1, "2024-01-05"]);
    await runOn(days);
  }
  await runOn(30);
  const data = [...lake.gold.objects.keys()].filter((key) => key.startsWith("readings/taken_on"));
  // The version before was current until now.
  expect(data.sort()).toEqual([...new Set([...filesAt(2), ...filesAt(3)])].sort());
  expect(data).toHaveLength(2);
});

test("a changed description is a new version with the same files", async () => {
  const table = (description: string) =>
    defineCatalog(
      [
        defineTable({
          name: "readings",
          columns: {
            sensor: string().notNull().describe(description),
            number: int64(),
            taken_on: date().notNull(),
          },
          primaryKey: ["sensor"],
          partitionBy: month("taken_on"),
        }),
      ],
      [],
    );
  await arrive(lake, ["a", 1, "2024-01-05"]);
  await runOn(0, table("before"));
  lake.silver.reads.length = 0;
  await runOn(1, table("after"));
  expect(lake.silver.reads).toEqual([]);
  await expectWhole(2);
  expect(lake.gold.text(logKeys()[1] ?? "")).toContain("after");
});

test("a table that goes takes its log with it", async () => {
  lake = await oneVersion();
  await runOn(1, defineCatalog([], []), { prune: true });
  expect(logKeys()).toEqual([]);
});

describe("another program's commit", () => {
  const foreign =
    '{"commitInfo":{"timestamp":1793512800000,"operation":"DELETE","engineInfo":"Apache-Spark/4.0.0"}}\n';
  const next = "readings/_delta_log/00000000000000000001.json";

  beforeEach(async () => {
    lake = await oneVersion();
  });

  test("is refused by name, and nothing changes until it is removed", async () => {
    await lake.gold.put(next, Buffer.from(foreign));
    await arrive(lake, ["b", 1, "2024-01-05"]);
    const before = contentOf(lake.gold);
    await expect(runOn(1)).rejects.toMatchObject({
      code: "FOREIGN_COMMIT",
      key: next,
      message: expect.stringContaining("Apache-Spark/4.0.0 (DELETE, 2026-11-01T06:00:00.000Z)"),
    });
    expect(contentOf(lake.gold)).toEqual(before);
    await lake.gold.delete(next);
    await runOn(1);
    await expectWhole(2);
  });

  test("is never overwritten, also if it comes between the commit and publication", async () => {
    await arrive(lake, ["b", 1, "2024-01-05"]);
    const racing = {
      before: async (call: string) => {
        if (call === `put ${next}`) {
          await lake.gold.put(next, Buffer.from(foreign));
        }
      },
      after: () => Promise.resolve(),
    };
    await expect(runOn(1, smallCatalog, {}, watched(lake, racing))).rejects.toMatchObject({
      code: "FOREIGN_COMMIT",
    });
    expect(lake.gold.text(next)).toBe(foreign);
    await lake.gold.delete(next);
    await runOn(2);
    await expectWhole(2);
  });
});

describe("a log that is not the record's begins again", () => {
  beforeEach(async () => {
    lake = await twoVersions();
  });

  test("after its objects were removed", async () => {
    await lake.gold.delete(logKeys()[1] ?? "");
    expect(await runOn(2)).toMatchObject({ outcome: "published" });
    await expectWhole(1);
  });

  test("after the restore of a record", async () => {
    const earlier = lake.gold.objects
      .entries()
      .filter(([key]) => key.startsWith("_state/"))
      .toArray();
    await arrive(lake, ["c", 1, "2024-03-05"]);
    await runOn(2);
    for (const [key, stored] of earlier) {
      lake.gold.objects.set(key, stored);
    }
    await runOn(3);
    await expectWhole(1);
    expect(await currentFiles()).toHaveLength(3);
  });

  test.each(["removed", "damaged"])(
    "after what is remembered of it was %s, by a rebuild of the same rows",
    async (how) => {
      for (const key of [...lake.gold.objects.keys()]) {
        if (key.startsWith("_state/open/")) {
          await (how === "removed" ? lake.gold.delete(key) : lake.gold.put(key, Buffer.from("x")));
        }
      }
      await runOn(2, smallCatalog, { rebuild: true });
      await expectWhole(1);
      expect(await runOn(3)).toMatchObject({ outcome: "nothing-new" });
    },
  );

  test("after all state was removed", async () => {
    for (const key of lake.gold.objects
      .keys()
      .filter((each) => each.startsWith("_state/"))
      .toArray()) {
      await lake.gold.delete(key);
    }
    await runOn(2);
    await expectWhole(1);
  });

  test("in a lake of a version that had none", async () => {
    const record = (await readRunRecord(lake.gold))?.record;
    const { readings } = record?.tables ?? {};
    if (record === undefined || readings === undefined) {
      throw new TypeError("There is no record.");
    }
    const { open: _, ...table } = readings as typeof readings & { open?: unknown };
    const without = { ...record, tables: { readings: table } };
    await lake.gold.put(runRecordKey, serializeRunRecord(without));
    for (const key of logKeys()) {
      await lake.gold.delete(key);
    }
    const before = published(lake.gold);
    lake.silver.reads.length = 0;
    await runOn(2);
    await expectWhole(1);
    expect(lake.silver.reads).toEqual([]);
    expect(published(lake.gold)).toEqual(before);
  });
});

test("two runs that publish the same version do no harm", async () => {
  lake = await oneVersion();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  const dying = {
    before: (call: string) =>
      call.startsWith("put readings/_delta_log/")
        ? Promise.reject(new Error("killed"))
        : Promise.resolve(),
    after: () => Promise.resolve(),
  };
  await expect(runOn(1, smallCatalog, {}, watched(lake, dying))).rejects.toThrow("killed");
  expect(logKeys()).toHaveLength(1);
  const slow = { before: () => sleep(1), after: () => Promise.resolve() };
  await Promise.all([runOn(2), runOn(2, smallCatalog, {}, watched(lake, slow))]);
  await expectWhole(2);
  expect((await readRunRecord(lake.gold))?.record.tables["readings"]).not.toHaveProperty(
    "open.after",
  );
});

test("a run that dies at any call leaves a log that the next one finishes", async () => {
  lake = await oneVersion();
  await arrive(lake, ["b", 1, "2024-01-05"]);
  const objects = new Map(lake.gold.objects);
  const counting = faulty(Number.POSITIVE_INFINITY, "before", false);
  await runOn(1, smallCatalog, { concurrency: 1 }, watched(lake, counting));
  const expected = logKeys().map((key) => lake.gold.text(key));
  // The last calls are those of publication.
  for (let at = counting.calls - 1; at >= counting.calls - 6; at -= step(3)) {
    lake.gold.objects.clear();
    for (const [key, stored] of objects) {
      lake.gold.objects.set(key, stored);
    }
    await runOn(
      1,
      smallCatalog,
      { concurrency: 1 },
      watched(lake, faulty(at, "before", true)),
    ).catch(() => {});
    await runOn(1);
    await expectWhole(2);
    expect(logKeys().map((key) => lake.gold.text(key))).toEqual(expected);
  }
});
