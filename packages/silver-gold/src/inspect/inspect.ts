/** What silver→gold has made of a lake, compared with today's tables and models. The command reads it here only. */
import type { Lake, ObjectStore } from "@lakehouse/lake/object-store";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { listSilver } from "../current/silver-objects.ts";
import { inParallel } from "../in-parallel.ts";
import { publishedKeys } from "../publish/gold-listing.ts";
import { isIntact } from "../state/is-intact.ts";
import { readManifest } from "../state/manifest.ts";
import { emptyRecord, type RunRecord, readRunRecord } from "../state/run-record.ts";

const hashedAtOnce = 4;

/** An object of gold with rows. */
export interface GoldFile {
  readonly key: string;
  readonly rows: number;
}

/**
 * What gold has of a table or model: of today's definition (`current`), of another one (`changed`), or nothing
 * because no run has seen it (`new`).
 */
export type Freshness = "current" | "changed" | "new";

/** A table in gold. */
export interface TableState {
  readonly table: Table;
  readonly freshness: Freshness;
  /** Its current rows, an object for each partition. */
  readonly files: readonly GoldFile[];
  /** The key of the list of those silver objects that the current rows were made of; absent when new. */
  readonly manifest?: string;
}

/** A model in gold. */
export interface ModelState {
  readonly model: Model;
  readonly freshness: Freshness;
  /** The format of its files. */
  readonly format: FileFormat;
  /** Where its rows are: an output that is not published yet is still among the state. */
  readonly files: readonly GoldFile[];
}

/** The last run that committed. */
export interface LastRun {
  readonly sequence: number;
  readonly committedAt: string;
  /** Absent until all that it committed is published. */
  readonly finishedAt?: string | undefined;
  /** Silver objects that were new to it, or replaced. */
  readonly newObjects: number;
}

/** Gold as its run record describes it. */
export interface Inspection {
  /** Undefined before the first run. */
  readonly lastRun: LastRun | undefined;
  /** Today's tables, in the catalog's order. */
  readonly tables: readonly TableState[];
  /** Today's models, in the catalog's order. */
  readonly models: readonly ModelState[];
  /** All current rows, also those of tables that have been removed from the catalog. */
  readonly currentRows: number;
  /** Keys of objects that were committed and may not be published yet. */
  readonly pending: ReadonlySet<string>;
  /** The keys that readers read, each with the version that was published; undefined while it is pending. */
  readonly published: ReadonlyMap<string, string | undefined>;
}

/**
 * Inspects gold by reading its run record.
 *
 * @throws StateError when the run record is damaged.
 */
export async function inspect(gold: ObjectStore, catalog: Catalog): Promise<Inspection> {
  return inspectionOf((await readRunRecord(gold))?.record, catalog);
}

/** The inspection of a lake that no run has committed to. */
export function noInspection(catalog: Catalog): Inspection {
  return inspectionOf(undefined, catalog);
}

function inspectionOf(found: RunRecord | undefined, catalog: Catalog): Inspection {
  const record = found ?? emptyRecord;
  const { sequence, run } = record;
  const { committedAt, finishedAt, newObjects } = run;
  const partitions = Object.values(record.tables).flatMap((table) => filesOf(table.partitions));
  return {
    lastRun: found && { sequence, committedAt, finishedAt, newObjects },
    tables: catalog.tables.map((table) => tableState(table, record)),
    models: catalog.models.map((model) => modelState(model, record)),
    currentRows: partitions.reduce((sum, { rows }) => sum + rows, 0),
    pending: new Set(Object.keys(record.pending)),
    published: new Map([...publishedKeys(record)].map((key) => [key, run.etags[key]])),
  };
}

/** How a table's silver differs from what its current rows were made of. */
export interface SilverDifference {
  /** Objects that are new or replaced. */
  readonly added: number;
  readonly removed: number;
  /** All objects that are there now, by key. */
  readonly keys: readonly string[];
}

/**
 * Compares a table's silver with what its current rows were made of.
 *
 * @throws StateError when the list of the latter is damaged.
 */
export async function compareSilver(
  { silver, gold }: Pick<Lake, "silver" | "gold">,
  { table, manifest }: TableState,
): Promise<SilverDifference> {
  const objects = await listSilver(silver, table);
  const merged = manifest === undefined ? new Map() : await readManifest(gold, manifest);
  return {
    added: objects.filter(({ key, etag }) => merged.get(key)?.etag !== etag).length,
    removed: merged.size - objects.filter(({ key }) => merged.has(key)).length,
    keys: objects.map(({ key }) => key),
  };
}

/** Returns the keys of those files whose local copies are not what a run wrote. */
export async function changedFiles(
  files: readonly GoldFile[],
  copies: readonly string[],
): Promise<string[]> {
  const intact = await inParallel(files.entries(), hashedAtOnce, ([index, { key }]) =>
    isIntact(key, copies[index] ?? ""),
  );
  return files.filter((_, index) => intact[index] !== true).map(({ key }) => key);
}

/** The keys of a table's silver objects. */
export async function silverKeys(silver: ObjectStore, table: Table): Promise<string[]> {
  return (await listSilver(silver, table)).map(({ key }) => key);
}

function tableState(table: Table, { tables }: RunRecord): TableState {
  const found = tables[table.name];
  if (found === undefined) {
    return { table, freshness: "new", files: [] };
  }
  const { fingerprint, partitions, manifest } = found;
  const freshness = fingerprint === table.currentFingerprint ? "current" : "changed";
  return { table, freshness, files: filesOf(partitions), manifest };
}

function modelState(model: Model, { models, pending }: RunRecord): ModelState {
  const found = models[model.name];
  if (found === undefined) {
    return { model, freshness: "new", format: model.format, files: [] };
  }
  const { fingerprint, format, outputs } = found;
  const freshness = fingerprint === model.fingerprint ? "current" : "changed";
  const files = filesOf(outputs).map(({ key, rows }) => ({ key: pending[key] ?? key, rows }));
  return { model, freshness, format, files };
}

function filesOf(parts: Readonly<Record<string, GoldFile>>): GoldFile[] {
  return Object.values(parts).map(({ key, rows }) => ({ key, rows }));
}
