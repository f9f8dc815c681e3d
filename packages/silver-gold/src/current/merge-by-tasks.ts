/**
 * Has the data files of a merge written by tasks. The run decides what they write, and remembers it: if it ends because others do
 * the tasks, it need not decide again.
 */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Table } from "@lakehouse/transforms/contract/table";
import * as z from "zod";
import { mergedBy } from "../engine/decided-merge.ts";
import { havePositions } from "../engine/deciding-columns.ts";
import type { MergeInput, MergeOutput, WriteJob } from "../engine/engine.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashBytes, hashFile } from "../state/content-hash.ts";
import { type FileFilter, fileListSchema } from "../state/file-list.ts";
import { filterKey, taskFileKey, taskKey } from "../state/state-keys.ts";
import { type TaskOf, writeTaskSchema } from "../tasks/task.ts";
import type { Memory, Tasks } from "../tasks/tasks.ts";

/** A task writes about as many rows as fit into its bytes of silver. */
const bytesOfRow = 64;

/** A file with rows to merge. */
export interface AddedFile {
  /** Where the whole rows are in gold, if they are there. */
  readonly key?: string | undefined;
  /** Returns a local file. If the whole rows are in gold, it may have only the columns that decide about them. */
  readonly open: () => Promise<string>;
}

/** What to merge. */
export interface Merging extends Pick<MergeInput, "fieldIds" | "base"> {
  /** Files with new rows. */
  readonly added: readonly AddedFile[];
  /** Files with rows of earlier runs that are merged once more. */
  readonly again: readonly AddedFile[];
  /** What all of it follows from, as JSON. */
  readonly source: unknown;
}

/** What a merge did. New filters of keys have been stored. */
export type TasksMerge = Omit<MergeOutput, "filters"> & { readonly filters: readonly FileFilter[] };

const decisionSchema = z.object({
  tasks: z.array(writeTaskSchema),
  /** Paths of data files. */
  removed: z.array(z.string()),
  moves: fileListSchema.shape.moves,
  filters: z.array(z.object({ path: z.string(), key: z.string() })),
  rows: z.number(),
});
type Decision = z.infer<typeof decisionSchema>;

/**
 * @param inputOf Returns the merge, given local files.
 * @returns Undefined if the run has no tasks, or has too little to do: it read the new rows itself, and no data file is large.
 */
export async function mergeByTasks(
  scope: RunScope,
  table: Table,
  merging: Merging,
  inputOf: (files: readonly AddedFile[]) => Promise<MergeInput>,
): Promise<TasksMerge | undefined> {
  const { tasks, taskBytes, progress } = scope;
  const { added, base, source } = merging;
  const mostRows = taskBytes / bytesOfRow;
  const isSmall =
    !added.some(({ key }) => key !== undefined) && !base.some(({ rows }) => rows >= mostRows);
  if (tasks === undefined || isSmall || !havePositions(table)) {
    return undefined;
  }
  const decide = async (): Promise<Decision> => {
    const files = [...added, ...merging.again];
    // It only decides. Nothing that is kept depends on its threads.
    using engine = await scope.openWide();
    const { jobs, removed, ...decided } = await engine.decideMerge(await inputOf(files), mostRows);
    const toWrite: TaskOf<"write">[] = [];
    for (const job of jobs) {
      toWrite.push(await taskOf({ ...scope, tasks }, table, merging.fieldIds, files, job));
    }
    const named = nameFilters(scope, table, decided.filters);
    await tasks.store(named.uploads);
    return {
      tasks: toWrite,
      removed: removed.map(({ path }) => path),
      moves: decided.moves.map(([a, b]) => [a, b]),
      filters: named.filters,
      rows: decided.rows,
    };
  };
  const decision = await tasks.remember({ kind: "decision", source }, memory, decide);
  const results = await tasks.run("write", decision.tasks, (done) =>
    progress("merge", `${table.name} files`, done, decision.tasks.length),
  );
  const removed = new Set(decision.removed);
  const merged = mergedBy(
    {
      ...decision,
      removed: base.filter(({ path }) => removed.has(path)),
      filters: new Map(),
    },
    decision.tasks.flatMap(({ units }) => units),
    results.flatMap(({ units }) => units),
  );
  return { ...merged, filters: decision.filters };
}

const memory: Memory<Decision> = {
  encode: (decision) => decision,
  decode: (json) => decisionSchema.safeParse(json).data,
  filesOf: ({ tasks, filters }) => [
    ...tasks.flatMap(({ added, rows, keys }) => [
      ...added.map(([, key]) => key),
      rows,
      ...(keys === null ? [] : [keys]),
    ]),
    ...filters.map(({ key }) => key),
  ],
};

async function taskOf(
  { files: local, tasks, sequence, concurrency }: RunScope & { readonly tasks: Tasks },
  table: Table,
  fieldIds: MergeInput["fieldIds"],
  added: readonly AddedFile[],
  job: WriteJob,
): Promise<TaskOf<"write">> {
  const put = async (path: string): Promise<string> => {
    const hash = await hashFile(path);
    const key = taskFileKey(taskKey(sequence, hash), hash);
    await tasks.store(new Map([[key, { path: await local.copy(path) }]]));
    return key;
  };
  const places = await inParallel(
    job.added,
    concurrency,
    async (place): Promise<[number, string][]> => {
      const file = added[place];
      return file === undefined ? [] : [[place, file.key ?? (await put(await file.open()))]];
    },
  );
  return {
    kind: "write",
    table: table.name,
    fingerprint: table.currentFingerprint,
    fieldIds,
    added: places.flat(),
    rows: await put(job.rows),
    keys: job.keys === undefined ? null : await put(job.keys),
    units: job.units.map((unit) => ({
      ...unit,
      files: unit.files.map((file) => ({ ...file, columns: { ...file.columns } })),
    })),
  };
}

/** Gives new filters their keys. */
export function nameFilters(
  { sequence }: Pick<RunScope, "sequence">,
  table: Table,
  made: ReadonlyMap<DataFile, Uint8Array>,
): { readonly filters: FileFilter[]; readonly uploads: Map<string, ObjectBody> } {
  const named = [...made].map(([{ path }, bytes]) => {
    const key = filterKey(table.name, sequence, hashBytes(bytes));
    return { path, key, bytes };
  });
  return {
    filters: named.map(({ path, key }) => ({ path, key })),
    uploads: new Map(named.map(({ key, bytes }) => [key, bytes])),
  };
}
