/** Builds models with DuckDB: what has to be built of each, in the order of what they read. */
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { createView, writeView } from "../engine/duckdb/relation.ts";
import { ModelFailedError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashFile } from "../state/content-hash.ts";
import type { ModelRecord, Output, RunRecord } from "../state/run-record.ts";
import type { ResolvedModel } from "./model-graph.ts";
import { type ModelPlan, outputKey, planModel, type Source, tableOf, whole } from "./model-plan.ts";
import { createResultView, resultView } from "./model-types.ts";
import type { CurrentTable, Relations } from "./relations.ts";

/** A model after this run. */
export interface BuiltModel {
  readonly resolved: ResolvedModel;
  readonly plan: ModelPlan;
  readonly record: ModelRecord;
  /** Partitions whose content is other than before, or that are no more. */
  readonly changed: ReadonlySet<string>;
}

/** What models are built from. */
export interface BuildInput {
  readonly catalog: Catalog;
  /** In the order to build them in. */
  readonly models: readonly ResolvedModel[];
  readonly tables: ReadonlyMap<string, CurrentTable>;
  readonly relations: Relations;
  readonly old: RunRecord;
  /** Keys of outputs whose published object is not the one that was recorded. */
  readonly drifted: ReadonlySet<string>;
  readonly rebuild: boolean;
}

/** Builds what is dirty of all models. Nothing is published. */
export async function buildModels(scope: RunScope, input: BuildInput): Promise<BuiltModel[]> {
  const { catalog, models, tables, relations, old, drifted, rebuild } = input;
  const sources = new Map<string, Source>();
  for (const { name } of catalog.tables) {
    const current = tables.get(name);
    if (current !== undefined) {
      const partitions = Object.keys(current.record.partitions);
      sources.set(name, { ...current, partitions, dividedBy: name });
    }
  }
  const built: BuiltModel[] = [];
  for (const resolved of models) {
    const { model } = resolved;
    const before = old.models[model.name];
    const lost = new Set(
      Object.entries(before?.outputs ?? {})
        .filter(([, { key }]) => drifted.has(key))
        .map(([value]) => value),
    );
    const plan = planModel(resolved, sources, before, lost, rebuild);
    const result = await buildModel(scope, resolved, plan, relations, before);
    built.push(result);
    relations.setModel(model, result.record);
    sources.set(model.name, {
      partitions: Object.keys(result.record.outputs),
      changed: result.changed,
      redefined: plan.redefined,
      dividedBy: tableOf(model)?.name,
    });
  }
  return built;
}

async function buildModel(
  scope: RunScope,
  resolved: ResolvedModel,
  plan: ModelPlan,
  relations: Relations,
  before: ModelRecord | undefined,
): Promise<BuiltModel> {
  const { model } = resolved;
  const old = before?.outputs ?? {};
  const outputs = new Map(Object.entries(old));
  for (const value of plan.remove) {
    outputs.delete(value);
  }
  let done = 0;
  const build = async (value: string): Promise<void> => {
    const output = await buildOutput(scope, resolved, value, relations);
    if (output === undefined) {
      outputs.delete(value);
    } else {
      outputs.set(value, output);
    }
    done += 1;
    scope.progress("build", model.name, done, plan.build.length);
  };
  await inParallel(plan.build, scope.concurrency, build);
  const values = [...new Set([...Object.keys(old), ...outputs.keys()])];
  const changed = values.filter((value) => !isSame(old[value], outputs.get(value)));
  const sorted = [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
  const { fingerprint, format } = model;
  const record = { fingerprint, format, outputs: Object.fromEntries(sorted) };
  return { resolved, plan, record, changed: new Set(changed) };
}

/** Runs a model's query. @returns Undefined where a partition has no rows. */
async function buildOutput(
  scope: RunScope,
  { model, reads }: ResolvedModel,
  value: string,
  relations: Relations,
): Promise<Output | undefined> {
  const path = scope.files.newPath(model.format);
  const inputs = await inParallel(
    reads,
    scope.concurrency,
    async (name) => [name, await relations.of(name, partitionFor(model, value))] as const,
  );
  const rows = await scope.db.use(async (connection) => {
    try {
      for (const [name, relation] of inputs) {
        await createView(connection, name, relation);
      }
      await createResultView(connection, model);
      return await writeView(connection, resultView, path, model.format);
    } catch (error) {
      // Rows that were spoilt on disk are not the query's fault.
      for (const name of reads) {
        await relations.verify(name, partitionFor(model, value));
      }
      const said = error instanceof Error ? error.message : String(error);
      throw new ModelFailedError(
        model.name,
        value === whole ? "all rows" : `partition ${value}`,
        said,
      );
    }
  });
  if (rows === 0 && value !== whole) {
    return undefined;
  }
  const key = outputKey(model, value);
  const hash = await hashFile(path);
  scope.files.set(key, path);
  return { key, rows, hash };
}

function partitionFor(model: Model, value: string): { table: string; value: string } | undefined {
  const table = tableOf(model);
  return table === undefined ? undefined : { table: table.name, value };
}

function isSame(a: Output | undefined, b: Output | undefined): boolean {
  return a?.key === b?.key && a?.hash === b?.hash;
}
