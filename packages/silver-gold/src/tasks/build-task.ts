/** Does a task that builds partitions of a model. */
import { stat } from "node:fs/promises";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { openEngine } from "../engine/open-engine.ts";
import { buildValues } from "../models/build-values.ts";
import { tableOf } from "../models/model-plan.ts";
import { Relations } from "../models/relations.ts";
import { SilverPacks } from "../packs/silver-packs.ts";
import { hashFile } from "../state/content-hash.ts";
import { emptyRecord } from "../state/run-record.ts";
import { dataKey, dataPath } from "../state/state-keys.ts";
import type { ResultOf, TaskOf } from "./task.ts";
import type { TaskScope } from "./task-scope.ts";

/** @returns What was built. Data files of open tables are where they stay if the run commits. */
export async function runBuildTask(
  scope: TaskScope,
  catalog: Catalog,
  model: Model,
  { reads, units, fieldIds, rowsPerFile }: TaskOf<"build">,
): Promise<ResultOf<"build">> {
  const { gold, files, lists, sequence, concurrency } = scope;
  using engine = await openEngine(scope.engineOptions);
  const packs = new SilverPacks({ gold, files, lists }, emptyRecord, []);
  const relations = new Relations({ ...scope, packs }, catalog, new Map());
  for (const { name, partitions } of reads) {
    relations.setFiles(name, new Map(partitions.map(({ value, files }) => [value, files])));
  }
  const built = await buildValues(
    { engine, files, concurrency, rowsPerFile: rowsPerFile ?? undefined },
    {
      resolved: { model, reads: reads.map(({ name }) => name) },
      relations,
      fieldIds: fieldIds ?? undefined,
    },
    units,
    () => {},
  );
  const partitionBy = tableOf(model)?.partitionBy;
  const store = async (value: string, path: string): Promise<{ key: string; hash: string }> => {
    const hash = await hashFile(path);
    if (fieldIds === null) {
      return { key: await scope.store(path), hash };
    }
    const key = dataKey(model.name, { path: dataPath({ partitionBy }, value, sequence, hash) });
    await gold.put(key, { path });
    return { key, hash };
  };
  const parts: ResultOf<"build">["parts"] = [];
  for (const [value, { files: made }] of built) {
    const stored: (typeof parts)[number]["files"] = [];
    for (const { path, rows, bytes, columns } of made) {
      const size = bytes === 0 ? (await stat(path)).size : bytes;
      stored.push({ ...(await store(value, path)), rows, bytes: size, columns: { ...columns } });
    }
    parts.push({ value, files: stored });
  }
  return { kind: "build", parts };
}
