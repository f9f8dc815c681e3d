/**
 * Tasks: parts of a run that other processes can do. A task is JSON that names objects of silver and gold, and so is its
 * result. Its key contains the digest of the task, so the same task always has the same key, whoever makes it.
 */
import * as z from "zod";
import { dataFileSchema } from "../state/data-file.ts";

const silverObject = z.object({
  key: z.string(),
  etag: z.string(),
  size: z.number(),
  lastModified: z.number(),
  format: z.enum(["csv", "parquet"]),
  bronzeKey: z.string(),
  arrival: z.string(),
});

/** Reads silver objects of a table, and gives their rows their types. */
const readTask = z.object({
  kind: z.literal("read"),
  table: z.string(),
  /** The definition of the table. Another definition is another task. */
  fingerprint: z.string(),
  objects: z.array(silverObject),
  /** Only rows of these partitions count; null for all rows. */
  only: z.array(z.string()).nullable(),
});

export const readEntrySchema = z.object({
  etag: z.string(),
  sha256: z.string(),
  contract: z.string(),
  partitions: z.array(z.string()),
});

const readResult = z.object({
  kind: z.literal("read"),
  /** The keys of Parquet files with the rows, and of those with the same rows that have the columns that decide about them. */
  files: z.array(z.object({ rows: z.string(), deciding: z.string() })),
  /** What was read of each object. */
  objects: z.array(readEntrySchema.extend({ key: z.string() })),
});

/** Writes data files of a table that a merge decided. */
export const writeTaskSchema = z.object({
  kind: z.literal("write"),
  table: z.string(),
  fingerprint: z.string(),
  /** The ids of columns in data files. */
  fieldIds: z.record(z.string(), z.number()),
  /** The keys of files with the new rows, by their places in the merge. */
  added: z.array(z.tuple([z.number(), z.string()])),
  /** The key of the file that says which rows they are. */
  rows: z.string(),
  /** The key of the file with the keys of rows that are replaced. */
  keys: z.string().nullable(),
  units: z.array(
    z.object({
      files: z.array(dataFileSchema),
      isCopy: z.boolean(),
      first: z.string(),
      last: z.string(),
      rows: z.number(),
      hasCopies: z.boolean(),
      isRange: z.boolean(),
      start: z.number(),
      isDeleted: z.boolean(),
    }),
  ),
});

const writeResult = z.object({
  kind: z.literal("write"),
  /** The data files of each unit. */
  units: z.array(z.array(dataFileSchema)),
  keys: z.array(z.string()),
});

/** Builds partitions of a model. */
const buildTask = z.object({
  kind: z.literal("build"),
  model: z.string(),
  /** The definition of the model. Another definition is another task. */
  fingerprint: z.string(),
  /** The ids of columns in data files; null if the model is not an open table. */
  fieldIds: z.record(z.string(), z.number()).nullable(),
  /** The most rows of a data file; null for the default. */
  rowsPerFile: z.number().nullable(),
  /** The files that it reads. */
  reads: z.array(
    z.object({
      name: z.string(),
      partitions: z.array(
        z.object({
          value: z.string(),
          files: z.array(z.object({ key: z.string(), hash: z.string().optional() })),
        }),
      ),
    }),
  ),
  /** The values of the partitions. Those of a unit are built by one statement, if possible. */
  units: z.array(z.array(z.string())),
});

const buildResult = z.object({
  kind: z.literal("build"),
  parts: z.array(
    z.object({
      value: z.string(),
      files: z.array(
        dataFileSchema
          .omit({ path: true, partition: true })
          .extend({ key: z.string(), hash: z.string() }),
      ),
    }),
  ),
});

/**
 * The task can't be done because of its data or definitions. The run does it once more itself, and so gets the error that
 * it would have got without tasks.
 */
const refusedResult = z.object({ kind: z.literal("refused") });

export const taskSchema = z.discriminatedUnion("kind", [readTask, writeTaskSchema, buildTask]);
export const resultSchema = z.discriminatedUnion("kind", [
  readResult,
  writeResult,
  buildResult,
  refusedResult,
]);

/** A part of a run. */
export type Task = z.infer<typeof taskSchema>;
/** What kinds of tasks there are. */
export type TaskKind = Task["kind"];
/** A task of one kind. */
export type TaskOf<K extends TaskKind> = Extract<Task, { kind: K }>;
/** The result of a task, as it is stored. */
export type StoredResult = z.infer<typeof resultSchema>;
/** The result of a task of one kind. */
export type ResultOf<K extends TaskKind> = Extract<StoredResult, { kind: K }>;

/** The keys of the objects that a result names. */
export function filesOf(result: StoredResult): readonly string[] {
  switch (result.kind) {
    case "read":
      return result.files.flatMap(({ rows, deciding }) => [rows, deciding]);
    case "write":
      return result.keys;
    case "build":
      return result.parts.flatMap(({ files }) => files.map(({ key }) => key));
    case "refused":
      return [];
  }
}

/** What a task does, for messages. */
export function nameOfTask(task: Task | undefined): string {
  switch (task?.kind) {
    case undefined:
      return "a task";
    case "read":
      return `reading silver of table ${task.table}`;
    case "write":
      return `writing data files of table ${task.table}`;
    case "build":
      return `building model ${task.model}`;
  }
}
