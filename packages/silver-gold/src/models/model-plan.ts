/** Plans what to build of each model, given what changed in its sources. Pure. */
import { currentFormat, goldKey } from "@lakehouse/lake/keys";
import { partitionKeyName } from "@lakehouse/transforms/contract/partition";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import { lookupsOf, type Model } from "@lakehouse/transforms/model/model";
import type { ModelRecord } from "../state/run-record.ts";
import type { ResolvedModel } from "./model-graph.ts";

/** The only "partition" of a full model. */
export const whole = "";

/** A table or model that a model reads, after this run. */
export interface Source {
  /** The partitions that it has. */
  readonly partitions: readonly string[];
  /** Partitions whose rows changed, or that were removed. */
  readonly changed: ReadonlySet<string>;
  /** Whether its columns or its partitioning may have changed. */
  readonly redefined: boolean;
  /** The table whose partitions it has; undefined for a full model. */
  readonly dividedBy: string | undefined;
}

/** What to build. */
export interface ModelPlan {
  /** Partitions to build, in order; `""` for a full model. */
  readonly build: readonly string[];
  /** Partitions whose outputs are removed. */
  readonly remove: readonly string[];
  /** Whether the whole model is built for a reason other than changed rows. */
  readonly redefined: boolean;
}

/**
 * Decides what to build of one model.
 *
 * @param sources The tables and models that it reads, and the table that it is incremental by, by name.
 * @param old Its part of the last run record.
 * @param drifted Partitions whose published object is not the recorded one.
 * @param rebuild Whether to build everything, even if nothing changed.
 */
export function planModel(
  { model, reads }: ResolvedModel,
  sources: ReadonlyMap<string, Source>,
  old: ModelRecord | undefined,
  drifted: ReadonlySet<string>,
  rebuild: boolean,
): ModelPlan {
  const by = tableOf(model)?.name;
  const lookups = new Set(lookupsOf(model));
  const read = reads.flatMap((name) => sources.get(name) ?? []);
  const followed = reads.flatMap((name) => (lookups.has(name) ? [] : (sources.get(name) ?? [])));
  const redefined =
    old?.fingerprint !== model.fingerprint ||
    read.some((source) => source.redefined) ||
    (by !== undefined && sources.get(by)?.redefined === true);
  const beside = followed.filter(({ dividedBy }) => by === undefined || dividedBy !== by);
  const all = rebuild || redefined || beside.some(({ changed }) => changed.size > 0);

  const possible = by === undefined ? [whole] : (sources.get(by)?.partitions ?? []);
  const dirty = new Set([...drifted, ...followed.flatMap(({ changed }) => [...changed])]);
  const build = possible.filter(
    (value) => all || (by === undefined ? dirty.size > 0 : dirty.has(value)),
  );
  const remove = Object.keys(old?.outputs ?? {}).filter((value) => !possible.includes(value));
  return { build: [...build].sort(), remove, redefined };
}

/** The table by which a model is incremental. */
export function tableOf(model: Model): Table | undefined {
  return model.materialization.kind === "incremental" ? model.materialization.table : undefined;
}

/** The format of a model's files. */
export function fileFormatOf({ format }: Pick<Model, "format">): FileFormat {
  return format === "table" ? currentFormat : format;
}

/** The gold key of a model's output, if the model is not an open table. */
export function outputKey(model: Model, value: string): string {
  const partitionBy = tableOf(model)?.partitionBy;
  const format = fileFormatOf(model);
  return partitionBy === undefined
    ? goldKey(model.name, format)
    : goldKey(model.name, format, { name: partitionKeyName(partitionBy), value });
}
