/** Builds all models that are out of date, each after the models that it reads. */
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { typeName } from "@lakehouse/transforms/types/column-type";
import { resultViews } from "../engine/athena/result-views.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashFile } from "../state/content-hash.ts";
import { noFiles } from "../state/file-list.ts";
import type { AthenaRecord, ModelRecord, Output, RunRecord } from "../state/run-record.ts";
import { together } from "../tasks/pending.ts";
import type { AthenaResult, AthenaResults, TakenRows } from "./athena/athena-run.ts";
import { isRemote, type Readiness } from "./athena/readiness.ts";
import { buildParts, type StoredFile } from "./build-by-tasks.ts";
import { oneAtATime } from "./build-progress.ts";
import { type BuiltFile, type BuiltValue, type ValuesInput, writeQuery } from "./build-values.ts";
import type { ResolvedModel } from "./model-graph.ts";
import { type ModelPlan, outputKey, planModel, type Source, tableOf, whole } from "./model-plan.ts";
import { OpenModel } from "./open-model.ts";
import type { CurrentTable, Relations } from "./relations.ts";
import { digestsOf, isStale, type SilverInputs } from "./silver-inputs.ts";

/** A model after this run. */
export interface BuiltModel {
  readonly resolved: ResolvedModel;
  readonly plan: ModelPlan;
  readonly record: ModelRecord;
  /** New data files and the file list of an open table, by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
  /** Partitions whose content changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
  /** The checks of its rows that have failed, if Athena ran them. */
  readonly failures?: TakenRows["failures"] | undefined;
  /** Whether the run leaves it as it is, although it may be out of date: Athena builds it, or something that it reads. */
  readonly isKept?: true;
}

/** What models are built from. */
export interface BuildInput {
  readonly catalog: Catalog;
  /** In build order. */
  readonly models: readonly ResolvedModel[];
  readonly tables: ReadonlyMap<string, CurrentTable>;
  readonly relations: Relations;
  readonly inputs: SilverInputs;
  readonly old: RunRecord;
  /** Keys of outputs whose published object is not the recorded one. */
  readonly drifted: ReadonlySet<string>;
  readonly rebuild: boolean;
  /** The rows of queries of Athena, by model; undefined if DuckDB builds every model. */
  readonly results: AthenaResults | undefined;
  /** The models that are left as they are. */
  readonly readiness: Readiness;
  /** When the run commits. */
  readonly committedAt: string;
}

/**
 * Builds what is out of date in all models, those that do not read each other side by side. Publishes nothing.
 *
 * @throws The error of the first model in build order that fails. Those that do not read it are built.
 */
export async function buildModels(run: RunScope, input: BuildInput): Promise<BuiltModel[]> {
  const names = input.models.map(({ model }) => model.name);
  const scope = { ...run, progress: oneAtATime(run.progress, names) };
  const { catalog, models, tables, relations, inputs, old, drifted, rebuild } = input;
  const { results, readiness, committedAt } = input;
  const sources = new Map<string, Source>();
  for (const { name } of catalog.tables) {
    const current = tables.get(name);
    if (current !== undefined) {
      const partitions = [...current.files.keys()];
      sources.set(name, { ...current, partitions, dividedBy: name });
    }
  }
  const build = async (resolved: ResolvedModel): Promise<BuiltModel | undefined> => {
    const { model, reads } = resolved;
    await Promise.all(reads.map((name) => building.get(name)));
    const before = old.models[model.name];
    const lost = new Set(
      Object.entries(before?.outputs ?? {})
        .filter(([, { key }]) => drifted.has(key))
        .map(([value]) => value),
    );
    const own = new Map(sources);
    for (const name of reads.filter((each) => inputs.has(each))) {
      own.set(name, silverSource(isStale({ reads: [name] }, inputs, before)));
    }
    const remote = results !== undefined && isRemote(model);
    const rows = remote ? results.get(model.name) : undefined;
    const plan =
      rows === undefined
        ? planModel(
            resolved,
            own,
            before,
            lost,
            rebuild || (isRemote(model) && isLeftByAthena(before, results)),
          )
        : planResult(resolved, before);
    if (readiness.waiting.has(model.name) || (remote && rows === undefined)) {
      const isDue = remote ? rebuild || lost.size > 0 : plan.build.length + plan.remove.length > 0;
      const kept = keptModel(resolved, before, isDue);
      if (kept !== undefined) {
        relations.setModel(model, kept.record);
        sources.set(model.name, sourceOf(kept));
      }
      return kept;
    }
    const done = await buildModel(scope, resolved, plan, { tables, relations, before, rows });
    const digests = digestsOf(resolved, inputs);
    const record = {
      ...done.record,
      ...(digests && { inputs: digests }),
      ...(rows && { athena: recordOf(rows, committedAt) }),
    };
    const result = { ...done, record };
    relations.setModel(model, result.record);
    sources.set(model.name, sourceOf(result));
    return result;
  };
  const building = new Map<string, Promise<BuiltModel | undefined>>();
  const built = await together(
    models.map((resolved) => () => {
      const model = build(resolved);
      building.set(resolved.model.name, model);
      return model;
    }),
  );
  return built.filter((model) => model !== undefined);
}

/**
 * Whether Athena built a model that DuckDB builds from now on. It may not have seen the last rows, so that it is built once
 * although nothing has changed.
 */
export function isLeftByAthena(
  record: ModelRecord | undefined,
  results: AthenaResults | undefined,
): boolean {
  return results === undefined && record?.athena !== undefined;
}

/** What other models read of a model after this run. */
function sourceOf({ resolved: { model }, plan, record, changed }: BuiltModel): Source {
  const partitions = Object.keys(record.outputs);
  const { redefined } = plan;
  return { partitions, changed, redefined, dividedBy: tableOf(model)?.name };
}

/** The rows of a query are the whole model. */
function planResult({ model }: ResolvedModel, before: ModelRecord | undefined): ModelPlan {
  const remove = Object.keys(before?.outputs ?? {}).filter((value) => value !== whole);
  return { build: [whole], remove, redefined: before?.fingerprint !== model.fingerprint };
}

/** A model as it is. @param isDue Whether a later run must build it, even if nothing else changes. */
function keptModel(
  resolved: ResolvedModel,
  before: ModelRecord | undefined,
  isDue: boolean,
): BuiltModel | undefined {
  if (before === undefined) {
    return undefined;
  }
  const plan: ModelPlan = { build: [], remove: [], redefined: false };
  const record = isDue ? { ...before, fingerprint: "" } : before;
  return { resolved, plan, record, uploads: new Map(), changed: new Set(), isKept: true };
}

function recordOf(
  { attempt, query, bytesScanned, milliseconds }: AthenaResult,
  builtAt: string,
): AthenaRecord {
  const { token, sources, startedAt } = attempt;
  return { token, query, sources, bytesScanned, milliseconds, startedAt, builtAt };
}

/** Silver has partitions of arrival, not of a table. So a model that reads it is built whole. */
function silverSource(isChanged: boolean): Source {
  const changed = new Set(isChanged ? [whole] : []);
  return { partitions: [whole], changed, redefined: false, dividedBy: undefined };
}

/** What one model is built from. */
interface ModelInput extends Pick<BuildInput, "tables" | "relations"> {
  readonly before: ModelRecord | undefined;
  /** The rows of its query, if Athena ran it. */
  readonly rows: AthenaResult | undefined;
}

async function buildModel(
  scope: RunScope,
  resolved: ResolvedModel,
  plan: ModelPlan,
  { tables, relations, before, rows: result }: ModelInput,
): Promise<BuiltModel> {
  const { model } = resolved;
  const old = before?.outputs ?? {};
  const outputs = new Map(Object.entries(old));
  const table = model.format === "table" ? await OpenModel.of(scope, model, before) : undefined;
  for (const value of plan.remove) {
    outputs.delete(value);
  }
  const input = { resolved, relations, fieldIds: table?.fieldIds };
  const made =
    result === undefined
      ? await buildParts(scope, input, plan.build, await rowsOf(scope, resolved, tables))
      : await buildResult(scope, input, result);
  await inParallel(made, scope.concurrency, async ([value, { files }]) => {
    const output =
      table === undefined
        ? await outputOf(scope, model, value, files[0])
        : await table.output(value, files);
    if (output === undefined) {
      outputs.delete(value);
    } else {
      outputs.set(value, output);
    }
  });
  const values = [...new Set([...Object.keys(old), ...outputs.keys()])];
  const changed = values.filter((value) => !isSame(old[value], outputs.get(value)));
  const sorted = [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
  const { fingerprint, format } = model;
  const columns = Object.fromEntries(model.columns.map(({ name, type }) => [name, typeName(type)]));
  const record = { fingerprint, format, outputs: Object.fromEntries(sorted), columns };
  const failures = result?.taken?.failures;
  const done = { resolved, plan, changed: new Set(changed), ...(failures && { failures }) };
  if (table === undefined) {
    return { ...done, record, uploads: new Map() };
  }
  const { part, uploads } = await table.finish(record.outputs);
  return { ...done, record: { ...record, ...part }, uploads };
}

/** Reads the files that Athena wrote, so that their order, types and bytes are those of any model, unless they are taken over as they are. */
async function buildResult(
  scope: RunScope,
  input: ValuesInput,
  { files: keys, taken }: AthenaResult,
): Promise<ReadonlyMap<string, BuiltValue | BuiltValue<StoredFile>>> {
  const { files, concurrency, progress } = scope;
  const { model } = input.resolved;
  if (taken !== undefined) {
    return new Map([[whole, { files: taken.files }]]);
  }
  const paths = await inParallel(keys, concurrency, (key) => files.get(key));
  const built = await writeQuery(scope, input, whole, resultViews(model.columns, paths));
  progress("build", model.name, 1, 1);
  return new Map([[whole, built]]);
}

/** Names the file of a partition. @returns Undefined if it has no rows. */
async function outputOf(
  scope: RunScope,
  model: Model,
  value: string,
  file: BuiltFile | StoredFile | undefined,
): Promise<Output | undefined> {
  if (file === undefined) {
    return undefined;
  }
  const key = outputKey(model, value);
  const isLocal = "path" in file;
  const path = isLocal ? file.path : await scope.files.verified(file.key, file.hash);
  const hash = isLocal ? await hashFile(path) : file.hash;
  scope.files.set(key, path);
  return { key, rows: file.rows, hash };
}

/** The number of rows that each partition of a model reads. A full model reads those of all tables and models. */
async function rowsOf(
  { lists }: RunScope,
  { model, reads }: ResolvedModel,
  tables: BuildInput["tables"],
): Promise<ReadonlyMap<string, number>> {
  const by = tableOf(model)?.name;
  const rows = new Map<string, number>();
  const names = by === undefined ? reads : [by];
  for (const name of names) {
    const source = tables.get(name);
    const { files } = source === undefined ? noFiles : await lists.of(source.record);
    for (const file of files) {
      const value = by === undefined ? whole : file.partition;
      rows.set(value, (rows.get(value) ?? 0) + file.rows);
    }
  }
  return rows;
}

function isSame(a: Output | undefined, b: Output | undefined): boolean {
  return a?.key === b?.key && a?.hash === b?.hash;
}
