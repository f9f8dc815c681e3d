/** Whatever happens to tasks and to the runs that need them, gold is what one process would have made, and nothing is left over. */
import { runs } from "@lakehouse/testing/property";
import { int64, string } from "@lakehouse/transforms/contract/column";
import { month } from "@lakehouse/transforms/contract/partition";
import { defineTable } from "@lakehouse/transforms/contract/table";
import { defineCatalog } from "@lakehouse/transforms/model/catalog";
import { defineModel, incremental } from "@lakehouse/transforms/model/model";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { leavePending, TasksPending } from "../../src/tasks/pending.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import {
  bronzeKey,
  contentOf,
  copyOf,
  type MemoryLake,
  monthly,
  newLake,
  reading,
  readings,
  run,
  scratch,
  summary,
  writeSilver,
} from "../support/lake.ts";
import { faulty, InjectedFault, watched } from "../support/watched-store.ts";

const deletable = defineTable({
  name: "readings",
  columns: readings.typedColumns,
  primaryKey: ["sensor", "number"],
  partitionBy: month("taken_on"),
  deleteWhen: (row) => row.note.eq("gone"),
});
const perMonth = { ...monthly, materialization: incremental(deletable) };
const latest = defineModel({
  name: "latest",
  description: "An open table",
  materialization: incremental(deletable),
  format: "table",
  columns: { sensor: string(), number: int64() },
  sql: "select sensor, number from readings",
});
const catalog = defineCatalog([deletable], [perMonth, summary, latest]);
/** Log entries have the time of the run. */
const fixed = { taskMib: 300 / 1024 / 1024, now: () => new Date("2024-01-02T00:00:00Z") };

/** Gold with some rows, and silver that adds rows, replaces, moves and deletes some, and replaces an object. */
let start: MemoryLake;
let expected: Record<string, string>;

beforeAll(async () => {
  start = newLake("gold");
  const monthOf = (number: number) => `2024-0${1 + (number % 4)}-05`;
  for (let minute = 1; minute <= 3; minute += 1) {
    const rows = Array.from({ length: 5 }, (_, row) =>
      reading("a", row * minute, monthOf(row), {
        amount: `${minute}.0000`,
        note: row === 4 ? "gone" : "there",
      }),
    );
    await writeSilver(start.silver, bronzeKey(minute), rows);
  }
  await run(start, catalog, fixed);
  await writeSilver(start.silver, bronzeKey(2), [
    reading("a", 2, monthOf(1)),
    reading("b", 2, monthOf(3)),
  ]);
  for (let minute = 4; minute <= 8; minute += 1) {
    const rows = Array.from({ length: 4 }, (_, row) =>
      reading("a", row + minute, monthOf(row * minute), row === 2 ? { note: "gone" } : {}),
    );
    await writeSilver(start.silver, bronzeKey(minute), rows);
  }
  const lake = copyOf(start);
  await run(lake, catalog, fixed);
  expected = contentOf(lake.gold);
});

/** What happens to a task: it is done, killed at a call, done twice at once, or done after the run has ended. */
const fates = fc.record({
  fate: fc.constantFrom("done" as const, "killed" as const, "twice" as const, "late" as const),
  at: fc.integer({ min: 1, max: 14 }),
  when: fc.constantFrom("before" as const, "after" as const),
  /** Orders tasks. */
  order: fc.nat(1000),
});
/** What happens to a run: it goes on, is killed at a call, or has company. */
const coordinators = fc.record({
  fate: fc.constantFrom("alone" as const, "killed" as const, "two" as const),
  at: fc.integer({ min: 3, max: 60 }),
  when: fc.constantFrom("before" as const, "after" as const),
});

const unlessInjected = (error: unknown): undefined => {
  if (!(error instanceof InjectedFault)) {
    throw error;
  }
};

test("tasks and runs in any order, twice, late and killed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fates, { minLength: 1, maxLength: 12 }),
      fc.array(coordinators, { maxLength: 6 }),
      async (tasks, attempts) => {
        const lake = copyOf(start);
        const late = new Set<string>();
        const doTask = (key: string) => runTask(lake, catalog, key, { scratch });
        let next = 0;
        const suffer = async (key: string): Promise<void> => {
          const { fate, at, when } = tasks[next++ % tasks.length] ?? { fate: "done" };
          // A task that is always late would never let the run end.
          if (fate === "late" && next < 40) {
            late.add(key);
          } else if (fate === "killed" && next < 40 && at !== undefined) {
            const dying = watched(lake, faulty(at, when ?? "before", true));
            await runTask(dying, catalog, key, { scratch }).catch(unlessInjected);
          } else {
            await Promise.all([doTask(key), ...(fate === "twice" ? [doTask(key)] : [])]);
          }
        };
        const attempt = async (stores: Parameters<typeof run>[0]): Promise<readonly string[]> => {
          try {
            await run(stores, catalog, { ...fixed, tasks: leavePending });
            return [];
          } catch (error) {
            if (error instanceof TasksPending) {
              return error.keys;
            }
            return unlessInjected(error) ?? ["killed"];
          }
        };
        for (let round = 0; ; round += 1) {
          expect(round).toBeLessThan(60);
          const { fate, at = 0, when = "before" } = attempts[round] ?? { fate: "alone" };
          const stores = fate === "killed" ? watched(lake, faulty(at, when, true)) : lake;
          const found = await Promise.all([
            attempt(stores),
            ...(fate === "two" ? [attempt(lake)] : []),
          ]);
          const keys = [...new Set(found.flat())].filter((key) => key !== "killed");
          const ordered = keys
            .map((key, index) => ({ key, order: tasks[index % tasks.length]?.order ?? 0 }))
            .sort((a, b) => a.order - b.order);
          for (const { key } of ordered) {
            await suffer(key);
          }
          if (found.some((each) => each.length === 0)) {
            break;
          }
        }
        for (const key of late) {
          await doTask(key);
        }
        await run(lake, catalog, fixed);
        expect(await run(lake, catalog, fixed)).toMatchObject({ outcome: "nothing-new" });
        expect(contentOf(lake.gold)).toEqual(expected);
      },
    ),
    runs(4),
  );
});
