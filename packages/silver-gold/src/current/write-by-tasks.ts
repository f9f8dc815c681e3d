/** Has the data files of a merge written by tasks. */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Table } from "@lakehouse/transforms/contract/table";
import { havePositions } from "../engine/deciding-columns.ts";
import type { MergeWriters, WriteJob } from "../engine/engine.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashFile } from "../state/content-hash.ts";
import { taskFileKey, taskKey } from "../state/state-keys.ts";
import type { TaskOf } from "../tasks/task.ts";

/** A task writes about as many rows as fit into its bytes of silver. */
const bytesOfRow = 64;

/** A file with rows to merge. */
export interface AddedFile {
  /** On local disk. It has the columns that decide about rows, if the whole rows are in gold. */
  readonly path: string;
  /** Where the whole rows are in gold, if they are there. */
  readonly key?: string | undefined;
}

/** Files with new rows, and those with rows of earlier runs that are merged once more. */
export type FilesToMerge = readonly [added: readonly AddedFile[], again: readonly AddedFile[]];

/**
 * @param base The data files so far.
 * @returns Undefined if the run has no tasks, or has too little to do: it read the new rows itself, and no data file is large.
 */
export function taskWriters(
  scope: RunScope,
  table: Table,
  fieldIds: Readonly<Record<string, number>>,
  [fresh, again]: FilesToMerge,
  base: readonly DataFile[],
): MergeWriters | undefined {
  const { tasks, taskBytes, sequence, concurrency, progress } = scope;
  const mostRows = taskBytes / bytesOfRow;
  const isSmall =
    !fresh.some(({ key }) => key !== undefined) && !base.some(({ rows }) => rows >= mostRows);
  if (tasks === undefined || isSmall || !havePositions(table)) {
    return undefined;
  }
  const added = [...fresh, ...again];
  const put = async (path: string): Promise<string> => {
    const hash = await hashFile(path);
    const key = taskFileKey(taskKey(sequence, hash), hash);
    await tasks.store(new Map([[key, { path: await scope.files.copy(path) }]]));
    return key;
  };
  const taskOf = async (job: WriteJob): Promise<TaskOf<"write">> => ({
    kind: "write",
    table: table.name,
    fingerprint: table.currentFingerprint,
    fieldIds,
    added: await inParallel(job.added, concurrency, async (place): Promise<[number, string]> => {
      const { path = "", key } = added[place] ?? {};
      return [place, key ?? (await put(path))];
    }),
    rows: await put(job.rows),
    keys: job.keys === undefined ? null : await put(job.keys),
    units: job.units.map((unit) => ({
      ...unit,
      files: unit.files.map((file) => ({ ...file, columns: { ...file.columns } })),
    })),
  });
  return {
    mostRows,
    write: async (jobs) => {
      const all: TaskOf<"write">[] = [];
      for (const job of jobs) {
        all.push(await taskOf(job));
      }
      const results = await tasks.run("write", all, (done) =>
        progress("merge", `${table.name} files`, done, all.length),
      );
      return results.map(({ units }) => units);
    },
  };
}
