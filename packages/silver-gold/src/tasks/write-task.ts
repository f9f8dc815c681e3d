/** Does a task that writes data files of a table. */
import { join } from "node:path";
import type { Table } from "@lakehouse/transforms/contract/table";
import { openEngine } from "../engine/open-engine.ts";
import { inParallel } from "../in-parallel.ts";
import { hashFile } from "../state/content-hash.ts";
import { dataKey, dataPath, tombstonePath } from "../state/state-keys.ts";
import type { ResultOf, TaskOf } from "./task.ts";
import type { TaskScope } from "./task-scope.ts";

/** @returns The data files, which are where they stay if the run commits. */
export async function runWriteTask(
  scope: TaskScope,
  table: Table,
  { fieldIds, added, rows, keys, units }: TaskOf<"write">,
): Promise<ResultOf<"write">> {
  const { gold, files, sequence, concurrency } = scope;
  using engine = await openEngine(scope.engineOptions);
  const paths = await inParallel(
    added,
    concurrency,
    async ([place, key]) => [place, await files.verified(key)] as const,
  );
  const written = await engine.writeUnits({
    table,
    fieldIds,
    added: new Map(paths),
    rows: await files.verified(rows),
    keys: keys === null ? undefined : await files.verified(keys),
    units,
    open: (file) => files.verified(dataKey(table.name, file)),
    directory: join(files.directory, "units"),
  });
  const stored: string[] = [];
  const result: ResultOf<"write">["units"] = [];
  for (const [index, unit] of written.entries()) {
    const pathOf = units[index]?.isDeleted === true ? tombstonePath : dataPath;
    const named: (typeof result)[number] = [];
    for (const file of unit) {
      const path = pathOf(table, file.partition, sequence, await hashFile(file.path));
      const key = dataKey(table.name, { path });
      await gold.put(key, { path: file.path });
      stored.push(key);
      named.push({ ...file, path, columns: { ...file.columns } });
    }
    result.push(named);
  }
  return { kind: "write", units: result, keys: stored };
}
