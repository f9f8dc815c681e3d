/** Does one task. It is what worker processes and functions run. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { foldersOf, type Lake, type ObjectStore } from "@lakehouse/lake/object-store";
import { LakehouseError } from "@lakehouse/transforms/errors";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { mostSessions } from "../engine/engine-memory.ts";
import { StateError, TaskMismatchError, unlessStateError } from "../errors.ts";
import { hashFile } from "../state/content-hash.ts";
import { FileLists } from "../state/file-list.ts";
import { readIfThere } from "../state/is-intact.ts";
import { LocalFiles } from "../state/local-files.ts";
import { sequenceOf, taskFileKey, taskResultKey } from "../state/state-keys.ts";
import { runBuildTask } from "./build-task.ts";
import { runReadTask } from "./read-task.ts";
import { createOnly } from "./stored-tasks.ts";
import { resultSchema, type StoredResult, type Task, type TaskOf, taskSchema } from "./task.ts";
import type { TaskScope } from "./task-scope.ts";
import { runWriteTask } from "./write-task.ts";

/** How to do a task. */
export interface TaskOptions {
  /** A folder on local disk. The task creates its own folder inside it, and removes that at the end. */
  readonly scratch: string;
  /** The memory that the engine may use, in MiB. Default 256. */
  readonly memoryLimitMib?: number | undefined;
  /** The number of queries that the engine runs at once. Default 1. */
  readonly sessions?: number | undefined;
}

/**
 * Does a task, unless it has a result. Writes the result last, so a task may be done twice, at any time, and be killed at any
 * moment. A task whose run has ended, and removed it, is no longer there and does nothing.
 *
 * @param key The key of the task in gold.
 * @throws TaskMismatchError if this program has another definition of what the task is about.
 * @throws LakehouseError of kind `fault` if a store or the disk failed: the task may be tried again. A task that its data or
 *   definitions make impossible does not throw. Its run does it once more, and reports why.
 */
export async function runTask(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  key: string,
  options: TaskOptions,
): Promise<void> {
  const { gold } = lake;
  if ((await gold.head(taskResultKey(key))) !== undefined) {
    return;
  }
  const task = await readTask(gold, key);
  if (task === undefined) {
    return;
  }
  const result = await resultOf(lake, catalog, key, task, options).catch(
    (error: unknown): StoredResult => {
      if (error instanceof LakehouseError && error.kind === "data") {
        return { kind: "refused" };
      }
      throw error;
    },
  );
  await createOnly(gold, taskResultKey(key), encodeResult(result));
}

/** Does a task that was refused once more. @throws The error that refused it. */
export async function retryTask(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  key: string,
  options: TaskOptions,
): Promise<StoredResult> {
  // A later run of the same sequence does it again.
  await lake.gold.delete(taskResultKey(key));
  const task = await readTask(lake.gold, key);
  if (task === undefined) {
    throw new StateError(key, "it is missing");
  }
  const result = await resultOf(lake, catalog, key, task, options);
  await createOnly(lake.gold, taskResultKey(key), encodeResult(result));
  return result;
}

/** Reads a task. @returns Undefined if it is gone. @throws StateError if it is damaged. */
export async function readTask(gold: ObjectStore, key: string): Promise<Task | undefined> {
  const bytes = await readIfThere(gold, key).catch(unlessStateError);
  try {
    return bytes && taskSchema.parse(JSON.parse(bytes.toString()));
  } catch {
    throw new StateError(key, "it is not a task");
  }
}

async function resultOf(
  lake: Pick<Lake, "silver" | "gold">,
  catalog: Catalog,
  key: string,
  task: Task,
  { scratch, memoryLimitMib = 256, sessions = 1 }: TaskOptions,
): Promise<StoredResult> {
  const { gold, silver } = lake;
  await mkdir(scratch, { recursive: true });
  const directory = await mkdtemp(join(scratch, "task-"));
  try {
    const scope: TaskScope = {
      gold,
      silver,
      files: new LocalFiles(gold, directory),
      lists: new FileLists(gold),
      concurrency: 16,
      sequence: sequenceOf(key) ?? 0,
      engineOptions: {
        directory,
        folders: await foldersOf(lake),
        memoryLimitMib,
        sessions: Math.min(sessions, mostSessions(memoryLimitMib)),
        reproducible: true,
      },
      store: async (path) => {
        const made = taskFileKey(key, await hashFile(path));
        await gold.put(made, { path });
        return made;
      },
    };
    switch (task.kind) {
      case "read":
        return await runReadTask(scope, tableFor(catalog, key, task), task);
      case "write":
        return await runWriteTask(scope, tableFor(catalog, key, task), task);
      case "build":
        return await runBuildTask(scope, catalog, modelFor(catalog, key, task), task);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** @throws TaskMismatchError if this program has another definition of the table. */
function tableFor(
  { tables }: Catalog,
  key: string,
  { table: name, fingerprint }: TaskOf<"read" | "write">,
) {
  const table = tables.find((each) => each.name === name);
  if (table?.currentFingerprint !== fingerprint) {
    throw new TaskMismatchError(key, `table ${name}`);
  }
  return table;
}

/** @throws TaskMismatchError if this program has another definition of the model. */
function modelFor({ models }: Catalog, key: string, { model: name, fingerprint }: TaskOf<"build">) {
  const model = models.find((each) => each.name === name);
  if (model?.fingerprint !== fingerprint) {
    throw new TaskMismatchError(key, `model ${name}`);
  }
  return model;
}

function encodeResult(result: StoredResult): Buffer {
  return Buffer.from(JSON.stringify(resultSchema.parse(result)));
}
