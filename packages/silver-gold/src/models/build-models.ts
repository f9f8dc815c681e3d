/** Builds all models that are out of date, each after the models that it reads. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectBody } from "@lakehouse/lake/object-store";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { typeName } from "@lakehouse/transforms/types/column-type";
import { resultViews } from "../engine/athena/result-views.ts";
import { EngineError, type Session, UnstorableValueError, type View } from "../engine/engine.ts";
import { ModelFailedError, ModelValueError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { hashFile } from "../state/content-hash.ts";
import type { AthenaRecord, ModelRecord, Output, RunRecord } from "../state/run-record.ts";
import type { AthenaResult, AthenaResults } from "./athena/athena-queries.ts";
import { isRemote, type Readiness } from "./athena/readiness.ts";
import { type BuiltPartition, buildTogether } from "./build-partitions.ts";
import type { ResolvedModel } from "./model-graph.ts";
import {
  fileFormatOf,
  type ModelPlan,
  outputKey,
  planModel,
  type Source,
  tableOf,
  whole,
} from "./model-plan.ts";
import { OpenModel } from "./open-model.ts";
import type { CurrentTable, Relations } from "./relations.ts";
import { defineResult, resultView } from "./result-view.ts";
import { digestsOf, isStale, type SilverInputs } from "./silver-inputs.ts";
import { placeOfMessage } from "./sql-place.ts";

/** A model after this run. */
export interface BuiltModel {
  readonly resolved: ResolvedModel;
  readonly plan: ModelPlan;
  readonly record: ModelRecord;
  /** New data files and the file list of an open table, by key. */
  readonly uploads: ReadonlyMap<string, ObjectBody>;
  /** Partitions whose content changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
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

/** Builds what is out of date in all models. Publishes nothing. */
export async function buildModels(scope: RunScope, input: BuildInput): Promise<BuiltModel[]> {
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
  const built: BuiltModel[] = [];
  for (const resolved of models) {
    const { model } = resolved;
    const before = old.models[model.name];
    const lost = new Set(
      Object.entries(before?.outputs ?? {})
        .filter(([, { key }]) => drifted.has(key))
        .map(([value]) => value),
    );
    for (const name of resolved.reads.filter((each) => inputs.has(each))) {
      sources.set(name, silverSource(isStale({ reads: [name] }, inputs, before)));
    }
    const remote = results !== undefined && isRemote(model);
    const rows = remote ? results.get(model.name) : undefined;
    const plan =
      rows === undefined
        ? planModel(
            resolved,
            sources,
            before,
            lost,
            rebuild || (isRemote(model) && isLeftByAthena(before, results)),
          )
        : planResult(resolved, before);
    if (readiness.waiting.has(model.name) || (remote && rows === undefined)) {
      const isDue = remote ? rebuild || lost.size > 0 : plan.build.length + plan.remove.length > 0;
      const kept = keptModel(resolved, before, isDue);
      if (kept !== undefined) {
        built.push(kept);
        relations.setModel(model, kept.record);
        sources.set(model.name, sourceOf(kept));
      }
      continue;
    }
    const done = await buildModel(scope, resolved, plan, { tables, relations, before, rows });
    const digests = digestsOf(resolved, inputs);
    const record = {
      ...done.record,
      ...(digests && { inputs: digests }),
      ...(rows && { athena: recordOf(rows, committedAt) }),
    };
    const result = { ...done, record };
    built.push(result);
    relations.setModel(model, result.record);
    sources.set(model.name, sourceOf(result));
  }
  return built;
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
  const source = tables.get(tableOf(model)?.name ?? "");
  const rows = source === undefined ? new Map() : await rowsOf(scope, source);
  const together =
    result === undefined
      ? await buildTogether(scope, { resolved, values: plan.build, relations, rows, table })
      : new Map<string, undefined>();
  let count = 0;
  const build = async (value: string): Promise<void> => {
    const output = together.has(value)
      ? await takeOutput(scope, model, value, together.get(value), table)
      : result !== undefined && (await isTakenByFile(scope, model, result, table))
        ? await table?.output(value)
        : await buildOutput(
            scope,
            model,
            value,
            result === undefined
              ? await queryOf(scope, resolved, value, relations)
              : await resultQuery(scope, model, result.files),
            table,
          );
    if (output === undefined) {
      outputs.delete(value);
    } else {
      outputs.set(value, output);
    }
    count += 1;
    scope.progress("build", model.name, count, plan.build.length);
  };
  await inParallel(plan.build, scope.concurrency, build);
  const values = [...new Set([...Object.keys(old), ...outputs.keys()])];
  const changed = values.filter((value) => !isSame(old[value], outputs.get(value)));
  const sorted = [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
  const { fingerprint, format } = model;
  const columns = Object.fromEntries(model.columns.map(({ name, type }) => [name, typeName(type)]));
  const record = { fingerprint, format, outputs: Object.fromEntries(sorted), columns };
  const done = { resolved, plan, changed: new Set(changed) };
  if (table === undefined) {
    return { ...done, record, uploads: new Map() };
  }
  const { part, uploads } = await table.finish(record.outputs);
  return { ...done, record: { ...record, ...part }, uploads };
}

/** A query and the views that it reads. */
interface Query {
  readonly sql: string;
  readonly inputs: readonly (readonly [name: string, view: View])[];
}

async function queryOf(
  { concurrency }: RunScope,
  { model, reads }: ResolvedModel,
  value: string,
  relations: Relations,
): Promise<Query> {
  const inputs = await inParallel(
    reads,
    concurrency,
    async (name) => [name, await relations.of(name, partitionFor(model, value))] as const,
  );
  return { sql: model.sql, inputs };
}

/** Reads the files that Athena wrote, so that their order, types and bytes are those of any model. */
async function resultQuery(
  { files, concurrency }: RunScope,
  { columns }: Model,
  keys: AthenaResult["files"],
): Promise<Query> {
  const paths = await inParallel(keys, concurrency, (key) => files.get(key));
  return resultViews(columns, paths);
}

/**
 * Writes the files of a large result one by one, each as data files of its own. Rows are sorted within them only, so that neither memory
 * nor disk has to hold the whole result.
 *
 * @returns False if the result has to be written as a whole.
 */
async function isTakenByFile(
  scope: RunScope,
  model: Model,
  { files }: AthenaResult,
  table: OpenModel | undefined,
): Promise<boolean> {
  const { engine } = model;
  if (engine.kind !== "athena" || engine.largeOutput !== true || table === undefined) {
    return false;
  }
  for (const [index, key] of files.entries()) {
    const folder = scope.files.newPath("large");
    const query = resultViews(model.columns, [await scope.gold.download(key, folder)]);
    using session = await scope.engine.session();
    await defineResult(session, query.sql, query.inputs);
    const written = await session
      .copyDataFiles(
        resultView,
        join(folder, "written"),
        model.columns,
        table.fieldIds,
        scope.rowsPerFile,
      )
      .catch((error: unknown) => {
        throw failureOf(model, whole, error);
      });
    if (!(await table.moveToStore(whole, scope.gold, written))) {
      return false;
    }
    await rm(folder, { recursive: true, force: true });
    scope.progress("build", model.name, index, files.length);
  }
  return true;
}

/** Runs a model's query. @returns Undefined if a partition has no rows. */
async function buildOutput(
  scope: RunScope,
  model: Model,
  value: string,
  query: Query,
  table: OpenModel | undefined,
): Promise<Output | undefined> {
  const path = scope.files.newPath(model.format);
  const write = async (session: Session): Promise<number> => {
    if (table !== undefined) {
      return await table.write(session, resultView, value, path);
    }
    return await session.copy(resultView, path, fileFormatOf(model), model.columns);
  };
  const rows = await writeResult(scope, query, write).catch((error: unknown) => {
    throw failureOf(model, value, error);
  });
  return await outputOf(scope, model, value, { path, rows }, table);
}

/** The error for a query that fails on its rows; any other error as it is. */
function failureOf(model: Model, value: string, error: unknown): unknown {
  const what = value === whole ? "all rows" : `partition ${value}`;
  if (error instanceof UnstorableValueError) {
    return new ModelValueError(model.name, what, error);
  }
  return error instanceof EngineError
    ? new ModelFailedError(
        model.name,
        what,
        error,
        placeOfMessage(model, error.message),
        model.childOf?.name,
      )
    : error;
}

/** Names the file of a partition that was built together with others. */
async function takeOutput(
  scope: RunScope,
  model: Model,
  value: string,
  built: BuiltPartition | undefined,
  table: OpenModel | undefined,
): Promise<Output | undefined> {
  if (built === undefined) {
    return undefined;
  }
  table?.note(value, [built]);
  return await outputOf(scope, model, value, built, table);
}

/** @returns Undefined if a partition has no rows. */
async function outputOf(
  scope: RunScope,
  model: Model,
  value: string,
  { path, rows }: Pick<BuiltPartition, "path" | "rows">,
  table: OpenModel | undefined,
): Promise<Output | undefined> {
  if (table !== undefined) {
    return await table.output(value);
  }
  if (rows === 0 && value !== whole) {
    return undefined;
  }
  const key = outputKey(model, value);
  const hash = await hashFile(path);
  scope.files.set(key, path);
  return { key, rows, hash };
}

/** The number of rows of a table, by partition. */
async function rowsOf({ lists }: RunScope, { record }: CurrentTable): Promise<Map<string, number>> {
  const { files } = await lists.of(record);
  const rows = new Map<string, number>();
  for (const file of files) {
    rows.set(file.partition, (rows.get(file.partition) ?? 0) + file.rows);
  }
  return rows;
}

/** @returns The number of rows. */
async function writeResult(
  { engine }: RunScope,
  { sql, inputs }: Query,
  write: (session: Session) => Promise<number>,
): Promise<number> {
  using session = await engine.session();
  await defineResult(session, sql, inputs);
  return await write(session);
}

function partitionFor(model: Model, value: string): { table: string; value: string } | undefined {
  const table = tableOf(model);
  return table === undefined ? undefined : { table: table.name, value };
}

function isSame(a: Output | undefined, b: Output | undefined): boolean {
  return a?.key === b?.key && a?.hash === b?.hash;
}
