/** A run that has tasks leaves the same bytes as one that does everything itself. */
import { expect, test } from "vitest";
import type { GoldOptions } from "../../src/gold-run.ts";
import { leavePending, TasksPending } from "../../src/tasks/pending.ts";
import { runTask } from "../../src/tasks/run-task.ts";
import { readResult } from "../../src/tasks/stored-tasks.ts";
import { type ResultOf, taskSchema } from "../../src/tasks/task.ts";
import type { Dispatch } from "../../src/tasks/tasks.ts";
import {
  bronzeKey,
  contentOf,
  copyOf,
  type MemoryLake,
  newLake,
  published,
  reading,
  run,
  scratch,
  smallCatalog,
  writeSilver,
} from "../support/lake.ts";
import { watched } from "../support/watched-store.ts";

/** Tasks of about one silver object. Log entries have the time of the run. */
const fixed = { taskMib: 100 / 1024 / 1024, now: () => new Date("2024-01-02T00:00:00Z") };

async function startLake(): Promise<MemoryLake> {
  const lake = newLake("gold");
  for (let minute = 1; minute <= 6; minute += 1) {
    const rows = Array.from({ length: 4 }, (_, row) =>
      reading("a", row * minute, `2024-0${1 + (row % 3)}-05`, { amount: `${minute}.0000` }),
    );
    await writeSilver(lake.silver, bronzeKey(minute), rows);
  }
  return lake;
}

/** Does tasks in this process. */
function here(lake: MemoryLake): Dispatch {
  return async (keys, onDone) => {
    for (const key of keys) {
      await runTask(lake, smallCatalog, key, { scratch });
      onDone();
    }
  };
}

async function contentAfter(
  lake: MemoryLake,
  options: Partial<GoldOptions> = {},
): Promise<Record<string, string>> {
  await run(lake, smallCatalog, { ...fixed, ...options });
  return contentOf(lake.gold);
}

test("tasks leave the same bytes", async () => {
  const lake = await startLake();
  const expected = await contentAfter(copyOf(lake));
  const kinds = new Set<string>();
  const dispatch: Dispatch = async (all, onDone) => {
    for (const key of all) {
      kinds.add(taskSchema.parse(JSON.parse(lake.gold.text(key) ?? "")).kind);
    }
    await here(lake)(all, onDone);
  };
  expect(await contentAfter(lake, { tasks: dispatch })).toEqual(expected);
  expect(kinds).toEqual(new Set(["read", "write", "build"]));
});

/** The calls of a run, and the files that its tasks have read. */
function watching(lake: MemoryLake) {
  const calls: string[] = [];
  const read: ResultOf<"read">["files"] = [];
  const stores = watched(lake, {
    before: (call) => Promise.resolve(void calls.push(call)),
    after: () => Promise.resolve(),
  });
  const doTasks: Dispatch = async (keys, onDone) => {
    await here(lake)(keys, onDone);
    for (const key of keys) {
      const result = await readResult(lake.gold, key);
      read.push(...(result.kind === "read" ? result.files : []));
    }
  };
  const taken = (kind: "rows" | "deciding") =>
    read.flatMap((file) => calls.filter((call) => call === `download ${file[kind]}`));
  return { stores, doTasks, read, taken };
}

test("a run takes only the columns that decide of rows that tasks have read", async () => {
  const { stores, doTasks, read, taken } = watching(await startLake());
  await run(stores, smallCatalog, { ...fixed, tasks: doTasks });
  expect(taken("deciding")).toHaveLength(read.length);
  expect(taken("rows")).toEqual([]);
});

test("a run that leaves its tasks to others goes on once they are done, and decides once", async () => {
  const lake = await startLake();
  const expected = await contentAfter(copyOf(lake));
  const { stores, doTasks, read, taken } = watching(lake);
  for (let rounds = 1; ; rounds += 1) {
    try {
      await run(stores, smallCatalog, { ...fixed, tasks: leavePending });
      break;
    } catch (error) {
      if (!(error instanceof TasksPending)) {
        throw error;
      }
      expect(rounds).toBeLessThan(6);
      await doTasks(error.keys, () => {});
    }
  }
  expect(contentOf(lake.gold)).toEqual(expected);
  expect(taken("deciding")).toHaveLength(read.length);
});

test("what was decided of an object is not used for another that replaces it after it was listed", async () => {
  const lake = await startLake();
  await run(lake, smallCatalog, fixed);
  const arrives = (amount: string) =>
    writeSilver(lake.silver, bronzeKey(7), [reading("a", 1, "2024-01-05", { amount })]);
  const key = await arrives("7.0000");
  const leave = { ...fixed, tasks: leavePending };
  await expect(run(lake, smallCatalog, leave)).rejects.toThrow(TasksPending);
  let isReplaced = false;
  const stores = watched(lake, {
    before: async (call) => {
      if (call === `open ${key}` && !isReplaced) {
        isReplaced = true;
        await arrives("8.0000");
      }
    },
    after: () => Promise.resolve(),
  });
  await run(stores, smallCatalog, { ...fixed, tasks: here(lake) });
  expect(isReplaced).toBe(true);
  await run(lake, smallCatalog, fixed);
  const expected = { silver: lake.silver, gold: newLake("gold").gold };
  await run(expected, smallCatalog, fixed);
  expect(published(lake.gold)).toEqual(published(expected.gold));
});

test("a merge whose files for tasks are gone is decided again", async () => {
  const lake = await startLake();
  const leave = { ...fixed, tasks: leavePending };
  const pending = () => run(lake, smallCatalog, leave).catch((error: unknown) => error);
  await here(lake)(keysOf(await pending()), () => {});
  const written = keysOf(await pending()).flatMap((key) => {
    const task = taskSchema.parse(JSON.parse(lake.gold.text(key) ?? ""));
    return task.kind === "write" ? task.rows : [];
  });
  expect(written).not.toEqual([]);
  for (const key of written) {
    await lake.gold.delete(key);
  }
  await expect(run(lake, smallCatalog, { ...fixed, tasks: here(lake) })).resolves.toMatchObject({
    outcome: "published",
  });
});

const keysOf = (error: unknown) => (error instanceof TasksPending ? error.keys : []);
