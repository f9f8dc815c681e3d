/** Builds partitions of a model into local files. */
import type { DataFile } from "@lakehouse/open-tables/data-file";
import type { Model } from "@lakehouse/transforms/model/model";
import {
  EngineError,
  type MergeInput,
  type Session,
  UnstorableValueError,
  type View,
} from "../engine/engine.ts";
import { ModelFailedError, ModelValueError } from "../errors.ts";
import { inGroups } from "../in-groups.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { ResolvedModel } from "./model-graph.ts";
import { fileFormatOf, tableOf, whole } from "./model-plan.ts";
import type { Relations } from "./relations.ts";
import { defineResult, resultView } from "./result-view.ts";
import { placeOfMessage } from "./sql-place.ts";

/** The most rows that a statement for several partitions reads. More would take more memory, and hardly less time. */
const mostRows = 100_000;

/** A file of a partition. */
export interface BuiltFile extends Omit<DataFile, "partition" | "path"> {
  /** Where it is on local disk. */
  readonly path: string;
}

/** What was built of a partition. */
export interface BuiltValue<F = BuiltFile> {
  /** None if it has no rows. A file that is not a data file of an open table has no statistics. */
  readonly files: readonly F[];
}

type BuildScope = Pick<RunScope, "engine" | "files" | "concurrency" | "rowsPerFile">;

/** What is built. */
export interface ValuesInput {
  readonly resolved: Pick<ResolvedModel, "model" | "reads">;
  readonly relations: Relations;
  /** The ids of columns in data files; undefined if the model is not an open table. */
  readonly fieldIds: MergeInput["fieldIds"] | undefined;
}

/** Divides partitions into units: partitions with few rows share a statement. @param rows The number of rows, by partition. */
export function unitsOf(
  values: readonly string[],
  rows: ReadonlyMap<string, number>,
): readonly (readonly string[])[] {
  return inGroups(values, (value) => rows.get(value) ?? 0, mostRows);
}

/**
 * Builds units of partitions. A statement takes milliseconds, however few rows it reads. So the partitions of a unit share one,
 * where that is certain to give the same files as a statement for each.
 *
 * @param onDone Called with the number of partitions that are done.
 */
export async function buildValues(
  scope: BuildScope,
  input: ValuesInput,
  units: readonly (readonly string[])[],
  onDone: (done: number) => void,
): Promise<ReadonlyMap<string, BuiltValue>> {
  const together = await buildTogether(scope, input, units);
  const values = units.flat();
  let count = 0;
  const built = await inParallel(values, scope.concurrency, async (value) => {
    const result = together.get(value) ?? (await buildValue(scope, input, value));
    count += 1;
    onDone(count);
    return [value, result] as const;
  });
  return new Map(built);
}

/** @returns What was built. The rest is left to build one by one, and to fail if it must: a message names a partition. */
async function buildTogether(
  scope: BuildScope,
  input: ValuesInput,
  units: readonly (readonly string[])[],
): Promise<ReadonlyMap<string, BuiltValue>> {
  const batches = units.filter((unit) => unit.length > 1);
  const sql = batches.length === 0 ? undefined : await queryFor(scope, input);
  if (sql === undefined) {
    return new Map();
  }
  const built = await inParallel(batches, scope.concurrency, (batch) =>
    buildBatch(scope, input, sql, batch).catch(unlessEngineError),
  );
  return new Map(built.flat());
}

async function queryFor(
  { engine }: BuildScope,
  { resolved: { model, reads }, relations }: ValuesInput,
): Promise<string | undefined> {
  const by = tableOf(model)?.name ?? "";
  return await engine.forPartitions({
    sql: model.sql,
    reads: reads.map((name) => ({
      ...relations.definitionOf(name),
      name,
      isDivided: relations.isDividedBy(name, by),
    })),
  });
}

async function buildBatch(
  { engine, concurrency, files: local }: BuildScope,
  { resolved: { model, reads }, relations, fieldIds }: ValuesInput,
  sql: string,
  values: readonly string[],
): Promise<[value: string, BuiltValue][]> {
  const by = tableOf(model)?.name ?? "";
  const views = await inParallel(reads, concurrency, async (name) => {
    const isDivided = relations.isDividedBy(name, by);
    const view = await (isDivided ? relations.numbered(name, values) : relations.of(name));
    return [name, view] as const;
  });
  using session = await engine.session();
  await defineResult(session, sql, views);
  const { files, large } = await session.copyPartitions(
    resultView,
    local.newPath("partitions"),
    model.columns,
    fieldIds ?? fileFormatOf(model),
  );
  const found = new Map(files.map((file) => [file.partition, file]));
  return [...values.entries()].flatMap(([index, value]) => {
    const file = found.get(index);
    return large.has(index) ? [] : [[value, { files: file === undefined ? [] : [file] }]];
  });
}

function unlessEngineError(error: unknown): [] {
  if (error instanceof EngineError) {
    return [];
  }
  throw error;
}

/** Runs a model's query for one partition. */
async function buildValue(
  scope: BuildScope,
  input: ValuesInput,
  value: string,
): Promise<BuiltValue> {
  const { resolved, relations } = input;
  const { model, reads } = resolved;
  const inputs = await inParallel(
    reads,
    scope.concurrency,
    async (name) => [name, await relations.of(name, partitionFor(model, value))] as const,
  );
  return await writeQuery(scope, input, value, { sql: model.sql, inputs });
}

/** A query and the views that it reads. */
interface Query {
  readonly sql: string;
  readonly inputs: readonly (readonly [name: string, view: View])[];
}

/** Writes the rows of a query as a partition of a model. */
export async function writeQuery(
  scope: BuildScope,
  { resolved: { model }, fieldIds }: Pick<ValuesInput, "resolved" | "fieldIds">,
  value: string,
  { sql, inputs }: Query,
): Promise<BuiltValue> {
  try {
    using session = await scope.engine.session();
    await defineResult(session, sql, inputs);
    return { files: await writeResult(scope, session, model, value, fieldIds) };
  } catch (error) {
    const what = value === whole ? "all rows" : `partition ${value}`;
    if (error instanceof EngineError) {
      const place = placeOfMessage(model, error.message);
      throw new ModelFailedError(model.name, what, error, place, model.childOf?.name);
    }
    throw error instanceof UnstorableValueError
      ? new ModelValueError(model.name, what, error)
      : error;
  }
}

async function writeResult(
  { files, rowsPerFile }: BuildScope,
  session: Session,
  model: Model,
  value: string,
  fieldIds: ValuesInput["fieldIds"],
): Promise<readonly BuiltFile[]> {
  const path = files.newPath(model.format);
  if (fieldIds !== undefined) {
    return await session.copyDataFiles(resultView, path, model.columns, fieldIds, rowsPerFile);
  }
  const rows = await session.copy(resultView, path, fileFormatOf(model), model.columns);
  return rows === 0 && value !== whole ? [] : [{ path, rows, bytes: 0, columns: {} }];
}

function partitionFor(model: Model, value: string): { table: string; value: string } | undefined {
  const table = tableOf(model);
  return table === undefined ? undefined : { table: table.name, value };
}
