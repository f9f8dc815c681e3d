/** Which models can be read and built now. Models that Athena builds are built later than others, so those that read them may have to wait. */

import type { Model } from "@lakehouse/transforms/model/model";
import { typeName } from "@lakehouse/transforms/types/column-type";
import type { ModelRecord, RunRecord } from "../../state/run-record.ts";
import type { ResolvedModel } from "../model-graph.ts";

/** Models that a run leaves as they are. */
export interface Readiness {
  /** The names of models whose rows can't be read: Athena has not built them, or not with these columns. */
  readonly unready: ReadonlySet<string>;
  /** The names of models that this run does not build because they, or their checks, read such a model. */
  readonly waiting: ReadonlySet<string>;
}

/** Every model is built, in its turn, because DuckDB builds all of them. */
export const allReady: Readiness = { unready: new Set(), waiting: new Set() };

/**
 * Finds the models that a run leaves as they are.
 *
 * @param models In build order.
 * @param results The names of models whose queries have ended, so that this run builds them.
 * @param drifted The keys of outputs whose files are not what a run wrote.
 */
export function readinessOf(
  models: readonly ResolvedModel[],
  { models: old }: Pick<RunRecord, "models">,
  results: ReadonlySet<string>,
  drifted: ReadonlySet<string>,
): Readiness {
  const unready = new Set(
    models.flatMap(({ model }) =>
      isRemote(model) && !results.has(model.name) && !isUsable(model, old[model.name], drifted)
        ? [model.name]
        : [],
    ),
  );
  const waiting = new Set<string>();
  // A check may read a model that is built later, so once through is not enough.
  for (let size = -1; size < unready.size + waiting.size; ) {
    size = unready.size + waiting.size;
    for (const { model, reads, checkReads } of models) {
      const read = isRemote(model)
        ? results.has(model.name)
          ? checkReads
          : []
        : [...reads, ...checkReads];
      if (read.some((name) => unready.has(name) || waiting.has(name))) {
        waiting.add(model.name);
      }
    }
  }
  return { unready, waiting };
}

/** Whether Athena builds the model, where there is one. */
export function isRemote({ engine }: Pick<Model, "engine">): boolean {
  return engine.kind === "athena";
}

/** Whether a record has the columns that a model has now. */
export function hasColumnsOf({ columns }: Model, record: ModelRecord): boolean {
  const found = JSON.stringify(Object.entries(record.columns ?? {}));
  return found === JSON.stringify(columns.map(({ name, type }) => [name, typeName(type)]));
}

function isUsable(
  model: Model,
  record: ModelRecord | undefined,
  drifted: ReadonlySet<string>,
): boolean {
  return (
    record !== undefined &&
    record.format === model.format &&
    hasColumnsOf(model, record) &&
    Object.values(record.outputs).every(({ key }) => !drifted.has(key))
  );
}
