/** Has partitions of a model built by tasks, if they read enough rows. */

import { inGroups } from "../in-groups.ts";
import type { SourceFiles } from "../models/relations.ts";
import type { RunScope } from "../run-scope.ts";
import type { ResultOf, TaskOf } from "../tasks/task.ts";
import { type BuiltValue, buildValues, unitsOf, type ValuesInput } from "./build-values.ts";
import { tableOf } from "./model-plan.ts";

/** A task has about as many rows to read as fit into its bytes of silver. */
const bytesOfRow = 64;
/** The most partitions of a task. */
const mostValues = 1_000;

/** A file that a task made. */
export type StoredFile = ResultOf<"build">["parts"][number]["files"][number];

/**
 * Builds partitions of a model, here or by tasks. How they are divided depends on what they read only.
 *
 * @param values The partitions.
 * @param rows The number of rows that each reads.
 */
export async function buildParts(
  scope: RunScope,
  input: ValuesInput,
  values: readonly string[],
  rows: ReadonlyMap<string, number>,
): Promise<ReadonlyMap<string, BuiltValue | BuiltValue<StoredFile>>> {
  const { tasks, taskBytes, progress } = scope;
  const { model, reads } = input.resolved;
  const units = unitsOf(values, rows);
  const mostRows = taskBytes / bytesOfRow;
  const rowsOf = (unit: readonly string[]) =>
    unit.reduce((sum, value) => sum + (rows.get(value) ?? 0), 0);
  const isLarge = units.reduce((sum, unit) => sum + rowsOf(unit), 0) >= mostRows;
  const sources = reads.map((name) => input.relations.sourceOf(name));
  if (tasks === undefined || !isLarge || sources.includes(undefined)) {
    return await buildValues(scope, input, units, (done) =>
      progress("build", model.name, done, values.length),
    );
  }
  const groups = inGroups(units, rowsOf, mostRows, mostValues);
  const all = groups.map((group) => taskOf(scope, input, group));
  const results = await tasks.run("build", all, (done) =>
    progress("build", model.name, done, all.length),
  );
  return new Map(results.flatMap(({ parts }) => parts.map((part) => [part.value, part] as const)));
}

function taskOf(
  { rowsPerFile }: RunScope,
  { resolved: { model, reads }, relations, fieldIds }: ValuesInput,
  units: readonly (readonly string[])[],
): TaskOf<"build"> {
  const by = tableOf(model)?.name;
  const values = units.flat();
  const filesOf = (name: string): SourceFiles => {
    const all = relations.sourceOf(name) ?? new Map();
    return by !== undefined && relations.isDividedBy(name, by)
      ? new Map(values.flatMap((value) => (all.has(value) ? [[value, all.get(value) ?? []]] : [])))
      : all;
  };
  return {
    kind: "build",
    model: model.name,
    fingerprint: model.fingerprint,
    fieldIds: fieldIds ?? null,
    rowsPerFile: rowsPerFile ?? null,
    reads: reads.map((name) => ({
      name,
      partitions: [...filesOf(name)].map(([value, files]) => ({ value, files: [...files] })),
    })),
    units: units.map((unit) => [...unit]),
  };
}
