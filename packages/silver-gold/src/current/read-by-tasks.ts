/** Has silver objects read by tasks, if there are enough of them. */
import type { Table } from "@lakehouse/transforms/contract/table";
import { havePositions } from "../engine/deciding-columns.ts";
import { inGroups } from "../in-groups.ts";
import type { RunScope } from "../run-scope.ts";
import type { ResultOf, TaskOf } from "../tasks/task.ts";
import { alone } from "../tasks/tasks.ts";
import type { AddedFile } from "./merge-by-tasks.ts";
import { type ReadEntry, type ReadRows, readRows, type ToRead } from "./read-rows.ts";

/** The most objects of a task. */
const mostObjects = 4_000;

/** Reads objects, here or by tasks. How they are divided depends on the objects only. @param directory A new folder. */
export async function readParts(
  scope: RunScope,
  table: Table,
  parts: readonly ToRead[],
  directory: string,
): Promise<ReadRows<AddedFile>> {
  const { tasks, files, progress } = scope;
  const divided = tasks === undefined ? [] : parts.map((part) => tasksOf(scope, table, part));
  const all = divided.flat();
  if (tasks === undefined || all.length < 2) {
    const own = await alone(scope, () => readRows(scope, table, parts, directory));
    return { ...own, files: own.files.map(({ path }) => ({ open: () => Promise.resolve(path) })) };
  }
  const results = await tasks.run("read", all, (done) =>
    progress("merge", table.name, done, all.length),
  );
  const isNarrow = havePositions(table);
  const stored = results.flatMap((result) => result.files);
  const read = stored.map(({ rows, deciding }) => ({
    key: rows,
    open: () => files.verified(isNarrow ? deciding : rows),
  }));
  const partOf = divided.flatMap((own, part) => own.map(() => part));
  const found = divided.map((_, part) =>
    entriesOf(results.filter((_, index) => partOf[index] === part)),
  );
  return { files: read, found };
}

function tasksOf(
  { taskBytes }: RunScope,
  table: Table,
  { objects, only }: ToRead,
): TaskOf<"read">[] {
  return inGroups(objects, ({ size }) => size, taskBytes, mostObjects).map((group) => ({
    kind: "read",
    table: table.name,
    fingerprint: table.currentFingerprint,
    objects: group,
    only: only === undefined ? null : [...only].sort(),
  }));
}

function entriesOf(results: readonly ResultOf<"read">[]): Map<string, ReadEntry> {
  return new Map(
    results.flatMap(({ objects }) => objects.map(({ key, ...entry }) => [key, entry] as const)),
  );
}
