/** Does a task that reads silver objects. */
import { join } from "node:path";
import type { Table } from "@lakehouse/transforms/contract/table";
import { readRows } from "../current/read-rows.ts";
import { decidingColumns } from "../engine/deciding-columns.ts";
import { SilverPacks } from "../packs/silver-packs.ts";
import { emptyRecord } from "../state/run-record.ts";
import type { ResultOf, TaskOf } from "./task.ts";
import type { TaskScope } from "./task-scope.ts";

/** @returns What was read, with the rows in gold. */
export async function runReadTask(
  scope: TaskScope,
  table: Table,
  { objects, only }: TaskOf<"read">,
): Promise<ResultOf<"read">> {
  const { files, lists, gold } = scope;
  const packs = new SilverPacks({ gold, files, lists }, emptyRecord, []);
  // One object after another, so that the rows have the same order each time.
  const reading = { ...scope, packs, concurrency: 1, progress: () => {} };
  const part = { objects, only: only === null ? undefined : new Set(only) };
  const directory = join(files.directory, "rows");
  const read = await readRows(reading, table, [part], directory, decidingColumns(table));
  const stored: ResultOf<"read">["files"] = [];
  for (const { path, deciding = path } of read.files) {
    stored.push({ deciding: await scope.store(deciding), rows: await scope.store(path) });
  }
  const found = [...(read.found[0] ?? [])].map(([key, entry]) => ({
    key,
    etag: entry.etag,
    sha256: entry.sha256,
    contract: entry.contract,
    partitions: [...entry.partitions],
  }));
  return { kind: "read", files: stored, objects: found };
}
