/** Compares gold with the current tables and models. The command learns about gold only from here. */
import type { Lake, ObjectStore, PassOver } from "@lakehouse/lake/object-store";
import { metadataKeys } from "@lakehouse/open-tables/open-table";
import type { FileFormat, Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { recognizeRewritten } from "../current/rewritten.ts";
import { listSilver } from "../current/silver-objects.ts";
import { inParallel } from "../in-parallel.ts";
import { fileFormatOf } from "../models/model-plan.ts";
import { changedMetadata } from "../publish/open-tables.ts";
import { findDrift, type Recorded, recordedObjects } from "../publish/published-content.ts";
import { FileLists } from "../state/file-list.ts";
import { isIntact } from "../state/is-intact.ts";
import { readManifest } from "../state/manifest-parts.ts";
import { type Retired, retiredOf } from "../state/retired.ts";
import {
  emptyRecord,
  filesOfOutput,
  type Output,
  openPartsOf,
  type RunRecord,
  readRunRecord,
} from "../state/run-record.ts";
import { dataKey } from "../state/state-keys.ts";

const hashedAtOnce = 4;
const headsAtOnce = 16;
const tablesAtOnce = 16;

/** An object of gold with rows. */
export interface GoldFile {
  readonly key: string;
  readonly rows: number;
}

/**
 * Whether gold has a table or model with its current definition (`current`), with another definition (`changed`), or
 * not at all because no run has seen it yet (`new`).
 */
export type Freshness = "current" | "changed" | "new";

/** A table in gold. */
export interface TableState {
  readonly table: Table;
  readonly freshness: Freshness;
  /** Its data files. */
  readonly files: readonly GoldFile[];
  /** Files with the latest rows of its deleted keys, which no reader reads. */
  readonly tombstones: readonly GoldFile[];
  /** The key of its manifest, which lists the silver objects in its current rows; absent if new. */
  readonly manifest?: string;
}

/** A model in gold. */
export interface ModelState {
  readonly model: Model;
  readonly freshness: Freshness;
  /** The format of its files. */
  readonly format: FileFormat;
  /** The objects with its rows. An output that is not published yet is still in state. */
  readonly files: readonly GoldFile[];
}

/** The last run that committed. */
export interface LastRun {
  readonly sequence: number;
  readonly committedAt: string;
  /** Absent until everything that it committed is published. */
  readonly finishedAt?: string | undefined;
  /** Silver objects that were new or replaced. */
  readonly newObjects: number;
}

/** Gold as its run record describes it. */
export interface Inspection {
  /** Undefined before the first run. */
  readonly lastRun: LastRun | undefined;
  /** The catalog's tables, in its order. */
  readonly tables: readonly TableState[];
  /** The catalog's models, in its order. */
  readonly models: readonly ModelState[];
  /** Tables and models that gold still has, although the catalog no longer defines them. */
  readonly retired: readonly Retired[];
  /** The number of current rows of the catalog's tables. */
  readonly currentRows: number;
  /** Keys of objects that were committed but may not be published yet. */
  readonly pending: ReadonlySet<string>;
  /** Whether silver was read that is published only with silver that has still to be read. */
  readonly unfinished: boolean;
  /** The keys of published objects, each with its etag; undefined while it is pending. */
  readonly published: ReadonlyMap<string, string | undefined>;
  /**
   * The keys of the logs of open tables, and whether each must be there: while a version is being published, some come and
   * others go.
   */
  readonly logs: ReadonlyMap<string, boolean>;
  /** The digests of log and metadata objects, by key, as far as they are known and published. */
  readonly logDigests: ReadonlyMap<string, string>;
  /** The digests of published objects, by key. */
  readonly hashes: ReadonlyMap<string, string>;
}

/**
 * Inspects gold by reading its run record.
 *
 * @throws StateError if the run record is damaged.
 */
export async function inspect(gold: ObjectStore, catalog: Catalog): Promise<Inspection> {
  const record = (await readRunRecord(gold))?.record;
  const lists = new FileLists(gold);
  const recorded = catalog.tables.flatMap(({ name }) => {
    const table = record?.tables[name];
    return table === undefined ? [] : [{ name, table }];
  });
  const files = new Map(
    await inParallel(recorded, tablesAtOnce, async ({ name, table }) => {
      const list = await lists.of(table);
      const named = (part: keyof TableFiles) =>
        list[part].map((file) => ({ key: dataKey(name, file), rows: file.rows }));
      const found = { files: named("files"), tombstones: named("tombstones") };
      return [name, found] as const;
    }),
  );
  return inspectionOf(record, catalog, files, await logsOf(lists, record ?? emptyRecord));
}

type TableFiles = Pick<TableState, "files" | "tombstones">;
const noTableFiles: TableFiles = { files: [], tombstones: [] };

/** The inspection of a lake that no run has committed to. */
export function noInspection(catalog: Catalog): Inspection {
  return inspectionOf(undefined, catalog);
}

function inspectionOf(
  found: RunRecord | undefined,
  catalog: Catalog,
  files: ReadonlyMap<string, TableFiles> = new Map(),
  logs: Logs = { keys: new Map(), pending: [], digests: new Map() },
): Inspection {
  const record = found ?? emptyRecord;
  const { sequence, run } = record;
  const { committedAt, finishedAt, newObjects } = run;
  const tables = catalog.tables.map((table) =>
    tableState(table, record, files.get(table.name) ?? noTableFiles),
  );
  const recorded = new Map([...recordedObjects(record), ...dataFilesOf(record)]);
  return {
    lastRun: found && { sequence, committedAt, finishedAt, newObjects },
    tables,
    models: catalog.models.map((model) => modelState(model, record)),
    retired: retiredOf(record, catalog),
    currentRows: tables.flatMap(({ files }) => files).reduce((sum, { rows }) => sum + rows, 0),
    pending: new Set([...Object.keys(record.pending), ...logs.pending]),
    logs: logs.keys,
    logDigests: logs.digests,
    unfinished: record.held !== undefined,
    published: new Map([...recorded].map(([key, { etag }]) => [key, etag])),
    hashes: new Map([...recorded].map(([key, { hash }]) => [key, hash])),
  };
}

/** The data files of models that are open tables. Their etags are not recorded. */
function dataFilesOf({ models }: RunRecord): Map<string, Recorded> {
  const outputs = Object.values(models).flatMap(({ files, outputs }) =>
    files === undefined ? [] : Object.values(outputs).flatMap(filesOfOutput),
  );
  return new Map(outputs.map(({ key, hash }) => [key, { etag: undefined, hash }]));
}

/** The objects of logs. */
interface Logs {
  readonly keys: Inspection["logs"];
  /** Those that may not be published yet. */
  readonly pending: readonly string[];
  readonly digests: Inspection["logDigests"];
}

/** The logs that a record names. */
async function logsOf(lists: FileLists, record: RunRecord): Promise<Logs> {
  const keys = new Map<string, boolean>();
  const pending: string[] = [];
  const digests = new Map<string, string>();
  const parts = [...openPartsOf(record)].flatMap(([name, { open }]) =>
    open === undefined ? [] : [{ name, open }],
  );
  // `lists` keeps them.
  await inParallel(parts, tablesAtOnce, async ({ open }) => await lists.openTable(open.key));
  for (const { name, open } of parts) {
    const table = await lists.openTable(open.key);
    for (const [key, digest] of Object.entries(table.digests ?? {})) {
      if (open.after === undefined) {
        digests.set(`${name}/${key}`, digest);
      }
    }
    const keysIn = async (key: string): Promise<Set<string>> =>
      new Set(metadataKeys(await lists.openTable(key)).map((each) => `${name}/${each}`));
    const all = await keysIn(open.key);
    const before: ReadonlySet<string> =
      open.after === undefined
        ? all
        : open.after === null
          ? new Set<string>()
          : await keysIn(open.after.key);
    for (const key of all.union(before)) {
      keys.set(key, all.has(key) && before.has(key));
    }
    pending.push(...all.difference(before));
  }
  return { keys, pending, digests };
}

/** Returns the keys of log and metadata objects that are not what a run wrote. Reads those that exist. */
export async function changedLogs(
  gold: ObjectStore,
  { logDigests }: Inspection,
  listing: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const there = [...logDigests].filter(([key]) => listing.has(key));
  return await changedMetadata(gold, there, headsAtOnce);
}

/** How a table's silver differs from its manifest. */
export interface SilverDifference {
  /** The number of objects that are new or replaced. */
  readonly added: number;
  readonly removed: number;
  /** The keys of all objects that exist now. */
  readonly keys: readonly string[];
}

/**
 * Compares a table's silver with its manifest.
 *
 * @throws StateError if the manifest is damaged.
 */
export async function compareSilver(
  { silver, gold }: Pick<Lake, "silver" | "gold">,
  { table, manifest }: TableState,
  passOver: PassOver,
): Promise<SilverDifference> {
  const listed = await listSilver(silver, table, passOver);
  const merged = manifest === undefined ? new Map() : await readManifest(gold, manifest);
  const known = await recognizeRewritten(silver, listed, merged, headsAtOnce);
  const { objects } = known;
  return {
    added: objects.filter(({ key, etag }) => known.manifest.get(key)?.etag !== etag).length,
    removed: merged.size - objects.filter(({ key }) => merged.has(key)).length,
    keys: objects.map(({ key }) => key),
  };
}

/** Returns the keys of the files whose local copies are not what a run wrote. */
export async function changedFiles(
  files: readonly GoldFile[],
  copies: readonly string[],
): Promise<string[]> {
  const intact = await inParallel(files.entries(), hashedAtOnce, ([index, { key }]) =>
    isIntact(key, copies[index] ?? ""),
  );
  return files.filter((_, index) => intact[index] !== true).map(({ key }) => key);
}

/**
 * Returns the keys of published objects that are missing, or are not what a run published.
 *
 * @param listing The etags of the objects that exist.
 * @param every Reads all of them, instead of those whose etag has changed.
 */
export async function changedOutputs(
  gold: ObjectStore,
  { published, hashes, pending }: Inspection,
  listing: ReadonlyMap<string, string>,
  every: boolean,
): Promise<ReadonlySet<string>> {
  const settled = new Map(
    [...hashes]
      .filter(([key]) => !pending.has(key))
      .map(([key, hash]) => [key, { hash, etag: published.get(key) }]),
  );
  return (await findDrift(gold, listing, settled, headsAtOnce, every)).drifted;
}

/** A table in gold. @param files Its files, where they are needed. */
export function tableState(
  table: Table,
  { tables }: RunRecord,
  files: TableFiles = noTableFiles,
): TableState {
  const found = tables[table.name];
  if (found === undefined) {
    return { table, freshness: "new", ...noTableFiles };
  }
  const { fingerprint, manifest } = found;
  const freshness = fingerprint === table.currentFingerprint ? "current" : "changed";
  return { table, freshness, ...files, manifest };
}

/** A model in gold. */
export function modelState(model: Model, { models, pending }: RunRecord): ModelState {
  const found = models[model.name];
  if (found === undefined) {
    return { model, freshness: "new", format: fileFormatOf(model), files: [] };
  }
  const { fingerprint, outputs } = found;
  const format = fileFormatOf(found);
  const freshness = fingerprint === model.fingerprint ? "current" : "changed";
  const files = filesOf(outputs).map(({ key, rows }) => ({ key: pending[key] ?? key, rows }));
  return { model, freshness, format, files };
}

function filesOf(outputs: Readonly<Record<string, Output>>): GoldFile[] {
  const files = Object.values(outputs).flatMap(filesOfOutput);
  return files.map(({ key, rows }) => ({ key, rows }));
}
