/**
 * Builds many partitions of a model with one statement, where that is certain to give the same files as a statement for each.
 * A statement takes milliseconds, however few rows it reads.
 */
import { join } from "node:path";
import { EngineError, type PartitionFile } from "../engine/engine.ts";
import { inGroups } from "../in-groups.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import type { ResolvedModel } from "./model-graph.ts";
import { fileFormatOf, tableOf } from "./model-plan.ts";
import type { OpenModel } from "./open-model.ts";
import type { Relations } from "./relations.ts";
import { defineResult, resultView } from "./result-view.ts";

/** The most rows that a statement reads. More would take more memory, and hardly less time. */
const mostRows = 100_000;

/** What was built of a partition. */
export type BuiltPartition = Pick<PartitionFile, "path" | "rows" | "bytes" | "columns">;

/** What to build. */
export interface PartitionsInput {
  readonly resolved: ResolvedModel;
  /** The values of partitions. */
  readonly values: readonly string[];
  readonly relations: Relations;
  /** The number of rows of the table, by partition. */
  readonly rows: ReadonlyMap<string, number>;
  readonly table: OpenModel | undefined;
}

/**
 * Builds partitions together, as far as possible.
 *
 * @returns By value, what was built; undefined if the partition has no rows. The others are left to build one by one, and to
 *   fail if they must: a message names a partition.
 */
export async function buildTogether(
  scope: RunScope,
  input: PartitionsInput,
): Promise<Map<string, BuiltPartition | undefined>> {
  const { resolved, values, rows } = input;
  // Partitions with few rows share a statement.
  const groups = inGroups(values, (value) => rows.get(value) ?? 0, mostRows);
  const batches = groups.filter((group) => group.length > 1);
  const sql = batches.length === 0 ? undefined : await queryFor(scope, input);
  if (sql === undefined) {
    return new Map();
  }
  const name = `build-${resolved.model.name}`;
  const built = await inParallel(batches.entries(), scope.concurrency, async ([index, batch]) => {
    const directory = join(scope.files.directory, `${name}-${index}`);
    return await buildBatch(scope, input, sql, batch, directory).catch(unlessEngineError);
  });
  return new Map(built.flat());
}

async function queryFor(
  { engine }: RunScope,
  { resolved: { model, reads }, relations }: PartitionsInput,
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
  { engine, concurrency }: RunScope,
  { resolved: { model, reads }, relations, table }: PartitionsInput,
  sql: string,
  values: readonly string[],
  directory: string,
): Promise<[value: string, BuiltPartition | undefined][]> {
  const by = tableOf(model)?.name ?? "";
  const views = await inParallel(reads, concurrency, async (name) => {
    const isDivided = relations.isDividedBy(name, by);
    const view = await (isDivided ? relations.numbered(name, values) : relations.of(name));
    return [name, view] as const;
  });
  using session = await engine.session();
  await defineResult(session, sql, views);
  const target = table?.fieldIds ?? fileFormatOf(model);
  const { files, large } = await session.copyPartitions(
    resultView,
    directory,
    model.columns,
    target,
  );
  const found = new Map(files.map((file) => [file.partition, file]));
  return [...values.entries()].flatMap(([index, value]) =>
    large.has(index) ? [] : [[value, found.get(index)]],
  );
}

function unlessEngineError(error: unknown): [] {
  if (error instanceof EngineError) {
    return [];
  }
  throw error;
}
