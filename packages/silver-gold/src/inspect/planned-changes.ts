/** Plans what the next runs change: compares contracts and models with what gold was built from. It writes nothing. */
import type { ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { recognizeRewritten } from "../current/rewritten.ts";
import { listSilver, planTable } from "../current/silver-objects.ts";
import type { Engine } from "../engine/engine.ts";
import { type ResolvedModel, resolveModels } from "../models/model-graph.ts";
import { planModel, type Source, tableOf, whole } from "../models/model-plan.ts";
import { checkModels } from "../models/model-types.ts";
import { FileLists, noFiles, partitionsOf, withMoves } from "../state/file-list.ts";
import type { Manifest } from "../state/manifest.ts";
import { readManifest } from "../state/manifest-parts.ts";
import { type Retired, retiredOf } from "../state/retired.ts";
import {
  emptyRecord,
  filesOfOutput,
  isLegacy,
  type ModelRecord,
  type RowRules,
  type RunRecord,
  readRunRecord,
  rowRulesOf,
  type TableRecord,
} from "../state/run-record.ts";
import {
  type ColumnChange,
  type ColumnTypes,
  columnChanges,
  isBreakingChange,
} from "./column-changes.ts";
import type { Freshness } from "./inspect.ts";

/** A number of objects, and their size. */
export interface Volume {
  readonly objects: number;
  readonly bytes: number;
}

/** What a definition changes. */
interface Change {
  readonly name: string;
  readonly freshness: Freshness;
  /** By column. Empty if they are not known. */
  readonly columns: readonly ColumnChange[];
  /** Whether the columns that are published are known. Earlier versions did not note those of models. */
  readonly areColumnsKnown: boolean;
  /** Whether readers or producers of today may fail. */
  readonly isBreaking: boolean;
}

/** A rule of a contract about its rows that changes. */
export interface RuleChange {
  readonly rule: keyof RowRules;
  /** Empty for none. */
  readonly from: string;
  readonly to: string;
}

/** What changes of a table. */
export interface TableChange extends Change {
  /** Empty if they are not known. */
  readonly rules: readonly RuleChange[];
  /** Whether the rules that gold was built by are known. Earlier versions did not note them. */
  readonly areRulesKnown: boolean;
  /** Silver objects that gold has not merged, or that are not what it merged. Those that an older contract made are in `replayed`. */
  readonly unmerged: Volume;
  /** Silver objects that an older contract made. */
  readonly replayed: Volume;
  /** Silver that the next run reads, once bronze has been replayed. */
  readonly read: Volume;
  /** Partitions whose rows are merged again, and their data files. */
  readonly rebuilt: Rebuilt;
}

/** What is built again. */
export interface Rebuilt {
  readonly partitions: number;
  /** How many there are. */
  readonly of: number;
  /** Today's files of these partitions. */
  readonly files: number;
  readonly bytes: number;
  /** Whether new records may add partitions to it. */
  readonly isMinimum: boolean;
}

/** What changes of a model. */
export interface ModelChange extends Change {
  /** The table that it is a child of. Absent if a user wrote it. */
  readonly childOf?: string;
  readonly rebuilt: Rebuilt;
  /** The tables and models whose changes cause it, if its own definition does not. */
  readonly because: readonly string[];
}

/** What the next runs change. */
export interface PlannedChanges {
  readonly tables: readonly TableChange[];
  /** In build order. */
  readonly models: readonly ModelChange[];
  readonly retired: readonly Retired[];
}

/** What to compare, and with what. */
export interface PlannedChangesInput {
  readonly silver: ObjectStore;
  readonly gold: ObjectStore;
  readonly catalog: Catalog;
  readonly engine: Engine;
  /** The keys of the silver objects that an older contract made, by table. */
  readonly outdated: ReadonlyMap<string, ReadonlySet<string>>;
  /** The number of bronze objects that are not processed, by table. */
  readonly waiting: ReadonlyMap<string, number>;
  readonly passOver: PassOver;
}

const headsAtOnce = 16;

/**
 * Plans the next runs: a replay of outdated objects, and gold.
 *
 * @throws ModelError if a model is invalid.
 * @throws StateError if the run record is damaged.
 */
export async function plannedChanges(input: PlannedChangesInput): Promise<PlannedChanges> {
  const { gold, catalog, engine } = input;
  const models = await resolveModels(engine, catalog);
  await checkModels(engine, catalog, models);
  const record = (await readRunRecord(gold))?.record ?? emptyRecord;
  const lists = new FileLists(gold);
  const sources = new Map<string, PlannedSource>();
  const tables: TableChange[] = [];
  for (const table of catalog.tables) {
    const { change, source } = await tableChange(input, lists, record, table);
    tables.push(change);
    sources.set(table.name, source);
  }
  const changes: ModelChange[] = [];
  for (const resolved of models) {
    changes.push(await modelChange(input, sources, resolved, record));
  }
  return { tables, models: changes, retired: retiredOf(record, catalog) };
}

/** A table or model after the next runs. */
interface PlannedSource extends Source {
  /** Whether something of it changes. */
  readonly isChanged: boolean;
  /** Whether records may arrive in partitions that are not known yet. */
  readonly isMinimum: boolean;
}

/** Stands for partitions that new records may be in. No partition has this value. */
const unknownPartition = "\0";

async function tableChange(
  input: PlannedChangesInput,
  lists: FileLists,
  { tables }: RunRecord,
  table: Table,
): Promise<{ readonly change: TableChange; readonly source: PlannedSource }> {
  const { silver, gold, passOver } = input;
  const before = tables[table.name];
  const freshness = freshnessOf(before, table.currentFingerprint);
  const outdated = input.outdated.get(table.name) ?? new Set();
  const list = before === undefined ? noFiles : await lists.of(before);
  const merged = before === undefined ? new Map() : await readManifest(gold, before.manifest);
  const listed = await listSilver(silver, table, passOver);
  const { objects, manifest } = await recognizeRewritten(silver, listed, merged, headsAtOnce);
  const unmerged = objects.filter(
    ({ key, etag }) => !outdated.has(key) && manifest.get(key)?.etag !== etag,
  );
  const replayed = objects.filter(({ key }) => outdated.has(key));
  const plan = planTable(
    objects,
    freshness === "changed" ? undefined : replacing(manifest, outdated),
    0,
    (values) => withMoves(values, list),
  );
  const partitions = partitionsOf(list);
  const { rebuilt } = plan;
  const isAffected = (value: string): boolean => rebuilt === "all" || rebuilt.has(value);
  const affected = partitions.filter(isAffected);
  const files = list.files.filter(({ partition }) => isAffected(partition));
  const waiting = input.waiting.get(table.name) ?? 0;
  const isMinimum = waiting > 0 || plan.read.length > 0;
  const published = columnsOfTable(before, list.columnIds.columns);
  const columns = columnChanges(published, table.columns);
  const noted = before === undefined || isLegacy(before) ? undefined : before.rules;
  const rules = ruleChanges(noted, rowRulesOf(table));
  const change: TableChange = {
    name: table.name,
    freshness,
    columns,
    areColumnsKnown: before === undefined || published !== undefined,
    rules,
    areRulesKnown: before === undefined || noted !== undefined,
    // Another key tells other rows apart.
    isBreaking: columns.some(isBreakingChange) || rules.some(({ rule }) => rule === "primaryKey"),
    unmerged: volume(unmerged),
    replayed: volume(replayed),
    read: volume([...plan.read, ...plan.reread]),
    rebuilt: {
      partitions: affected.length,
      of: partitions.length,
      files: files.length,
      bytes: bytesOf(files),
      isMinimum,
    },
  };
  const source: PlannedSource = {
    partitions,
    changed: new Set([...affected, ...(isMinimum ? [unknownPartition] : [])]),
    redefined: freshness !== "current",
    dividedBy: table.name,
    isChanged: freshness !== "current" || plan.dirty || waiting > 0,
    isMinimum,
  };
  return { change, source };
}

function ruleChanges(before: RowRules | undefined, now: RowRules): readonly RuleChange[] {
  return (["primaryKey", "partitionBy", "orderBy"] as const).flatMap((rule) => {
    const [from, to] = [before?.[rule], now[rule]];
    return from === undefined || from === to ? [] : [{ rule, from, to }];
  });
}

/** The manifest as it will differ from silver once these objects have been replaced. */
function replacing(manifest: Manifest, keys: ReadonlySet<string>): Manifest {
  return new Map(
    [...manifest].map(([key, entry]) => [key, keys.has(key) ? { ...entry, etag: "" } : entry]),
  );
}

async function modelChange(
  { gold, passOver }: PlannedChangesInput,
  sources: Map<string, PlannedSource>,
  resolved: ResolvedModel,
  { models }: RunRecord,
): Promise<ModelChange> {
  const { model } = resolved;
  const before = models[model.name];
  const freshness = freshnessOf(before, model.fingerprint);
  const read = readsOf(resolved, sources);
  const plan = planModel({ ...resolved, reads: [...read.keys()] }, read, before, new Set(), false);
  const { build } = plan;
  const outputs = before?.outputs ?? {};
  const replaced = [...build, ...plan.remove].flatMap((value) => outputs[value] ?? []);
  const keys = new Set(replaced.flatMap(filesOfOutput).map(({ key }) => key));
  const files = keys.size === 0 ? [] : await filesIn(gold, model, keys, passOver);
  const changed = [...read].filter(([, { isChanged }]) => isChanged).map(([name]) => name);
  const isMinimum = [...read.values()].some((source) => source.isMinimum);
  const published = columnsOfModel(before);
  const columns = columnChanges(published, model.columns);
  const isChanged = build.length > 0 || plan.remove.length > 0 || freshness !== "current";
  sources.set(model.name, {
    partitions: tableOf(model) === undefined ? [whole] : Object.keys(outputs),
    changed: new Set([...build, ...plan.remove, ...(isMinimum ? [unknownPartition] : [])]),
    redefined: plan.redefined,
    dividedBy: tableOf(model)?.name,
    isChanged: isChanged || (isMinimum && changed.length > 0),
    isMinimum,
  });
  return {
    name: model.name,
    ...(model.childOf !== undefined && { childOf: model.childOf.name }),
    freshness,
    columns,
    areColumnsKnown: before === undefined || published !== undefined,
    isBreaking: columns.some(isBreakingChange),
    rebuilt: {
      partitions: build.length,
      of: Math.max(Object.keys(outputs).length, build.length),
      files: files.length,
      bytes: bytesOf(files),
      isMinimum,
    },
    because: freshness === "current" ? changed : [],
  };
}

/** What a model reads. Of silver it reads the partitions of arrival, so any change of the table is one of all of it. */
function readsOf(
  { model, reads }: ResolvedModel,
  sources: ReadonlyMap<string, PlannedSource>,
): ReadonlyMap<string, PlannedSource> {
  const by = tableOf(model)?.name;
  const names = [...reads, ...(by === undefined ? [] : [by])];
  const found = new Map<string, PlannedSource>();
  for (const name of names) {
    const own = sources.get(name);
    const table = name.replace(/^(silver|quarantine)_/, "");
    const of = own ?? sources.get(table);
    if (of !== undefined && !found.has(name)) {
      const changed = new Set(of.isChanged ? [whole] : []);
      found.set(name, own ?? { ...of, partitions: [whole], changed, dividedBy: undefined });
    }
  }
  return found;
}

interface Sized {
  readonly bytes: number;
}

/** The published objects of a model with these keys. */
async function filesIn(
  gold: ObjectStore,
  { name }: Model,
  keys: ReadonlySet<string>,
  passOver: PassOver,
): Promise<readonly Sized[]> {
  const files: Sized[] = [];
  for await (const { key, size } of gold.list(`${name}/`, passOver)) {
    if (keys.has(key)) {
      files.push({ bytes: size });
    }
  }
  return files;
}

function freshnessOf(before: { readonly fingerprint: string } | undefined, now: string): Freshness {
  if (before === undefined) {
    return "new";
  }
  return before.fingerprint === now ? "current" : "changed";
}

/** The published columns of a table; undefined if they were not noted, as in version 1. */
function columnsOfTable(
  before: TableRecord | undefined,
  listed: Readonly<Record<string, { readonly type: string }>>,
): ColumnTypes | undefined {
  const noted = before === undefined || isLegacy(before) ? undefined : before.columnIds?.columns;
  const columns = noted ?? listed;
  return before === undefined || Object.keys(columns).length === 0 ? undefined : typesOf(columns);
}

function columnsOfModel(before: ModelRecord | undefined): ColumnTypes | undefined {
  const open = before?.columnIds?.columns;
  return before?.columns ?? (open === undefined ? undefined : typesOf(open));
}

function typesOf(columns: Readonly<Record<string, { readonly type: string }>>): ColumnTypes {
  return Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type]));
}

function volume(objects: readonly { readonly size: number }[]): Volume {
  return { objects: objects.length, bytes: objects.reduce((sum, { size }) => sum + size, 0) };
}

function bytesOf(files: readonly Sized[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
