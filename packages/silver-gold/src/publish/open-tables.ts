/**
 * Open tables: current rows as Delta and Iceberg tables that other engines read. The run record decides which version
 * there is. Its objects follow from the record and the state that it names, so any run can publish them.
 */
import { buffer } from "node:stream/consumers";
import { PreconditionFailedError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import {
  changeOf,
  commitTable,
  type FormatName,
  foreignCommit,
  formatsOf,
  isOwnCommit,
  lastObjects,
  laterVersions,
  type TableSnapshot,
} from "@lakehouse/open-tables/open-table";
import { schemaOf, type TableSchema } from "@lakehouse/open-tables/table-schema";
import type { Table } from "@lakehouse/transforms/contract/table";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import { StateError } from "../errors.ts";
import type { RunScope } from "../run-scope.ts";
import { hashBytes } from "../state/content-hash.ts";
import { encodeOpenTable } from "../state/open-table-state.ts";
import {
  isLegacy,
  type ListedTable,
  type OpenRecord,
  openOf,
  type RunRecord,
  type TableRecord,
} from "../state/run-record.ts";
import { isSameContent, openTableKey, tableOfLog } from "../state/state-keys.ts";
import { isSuperseded, Superseded } from "../state/superseded.ts";
import type { GoldListing } from "./gold-listing.ts";

/** How long earlier versions can be read, in milliseconds. */
const defaultRetention = 7 * 24 * 60 * 60 * 1000;

/** What a run is told about open tables. What it is not told stays as it is. */
export interface OpenTableOptions {
  /** Whether there is Iceberg metadata beside Delta's log. At first there is none. */
  readonly iceberg: boolean | undefined;
  /** How long earlier versions can be read, in milliseconds. At first seven days. */
  readonly retention: number | undefined;
}

/** What applies to a table. */
interface OpenTableSettings {
  readonly formats: readonly FormatName[];
  readonly retention: number;
}

function settingsOf(
  { iceberg, retention }: OpenTableOptions,
  open: OpenRecord | undefined,
): OpenTableSettings {
  const hasIceberg = iceberg ?? formatsOf(open?.last ?? []).includes("iceberg");
  return {
    formats: hasIceberg ? ["delta", "iceberg"] : ["delta"],
    retention: retention ?? open?.retention ?? defaultRetention,
  };
}

/** The keys of tables' logs and metadata, by table. */
export function logsIn(listing: GoldListing): ReadonlyMap<string, readonly string[]> {
  const logs = new Map<string, string[]>();
  for (const key of listing.keys()) {
    const table = tableOfLog(key);
    if (table !== undefined) {
      logs.set(table, [...(logs.get(table) ?? []), key]);
    }
  }
  return logs;
}

/**
 * Why an open table needs a new version although its rows are the same:
 *
 * - `changed`: it has none yet, or its contract, its formats, its address or the retention has changed.
 * - `lost`: its log or metadata is not that of the record, as after a restore. It begins again with version 0.
 */
type Staleness = "changed" | "lost";

/** The open tables that need a new version although their rows are the same, by name. */
export type StaleTables = ReadonlyMap<string, Staleness>;

/**
 * Finds open tables whose log or metadata is not what it should be.
 *
 * @throws ForeignCommitError if another program has written to one.
 */
export async function findStaleTables(
  scope: Pick<RunScope, "gold" | "lists">,
  { tables }: Catalog,
  record: RunRecord,
  listing: GoldListing,
  options: OpenTableOptions,
): Promise<StaleTables> {
  const logs = logsIn(listing);
  const stale = new Map<string, Staleness>();
  for (const table of tables) {
    const recorded = record.tables[table.name];
    const open = openOf(recorded);
    const prefix = `${table.name}/`;
    const keys = (logs.get(table.name) ?? []).map((key) => key.slice(prefix.length));
    const unknown = laterVersions(keys, open?.last ?? []);
    for (const key of unknown) {
      await refuseForeign(scope.gold, table.name, key);
    }
    if (open === undefined) {
      stale.set(table.name, unknown.length > 0 ? "lost" : "changed");
    } else if (unknown.length > 0 || open.last.some((key) => !listing.has(`${prefix}${key}`))) {
      stale.set(table.name, "lost");
    } else if (isAsDefined(recorded, table)) {
      const schema = await schemaIn(scope, table, recorded).catch(unlessStateError);
      const settings = settingsOf(options, open);
      if (schema !== undefined && definitionOf(scope.gold, schema, settings) !== open.definition) {
        stale.set(table.name, "changed");
      }
    }
  }
  return stale;
}

/** Whether a table's rows are those of its contract. Otherwise this run makes others. */
function isAsDefined(
  record: TableRecord | undefined,
  { currentFingerprint }: Table,
): record is ListedTable {
  return record !== undefined && !isLegacy(record) && record.fingerprint === currentFingerprint;
}

async function refuseForeign(gold: ObjectStore, table: string, path: string): Promise<void> {
  const bytes = await buffer(await gold.read(`${table}/${path}`));
  if (!isOwnCommit(path, bytes)) {
    throw foreignCommit(table, path, bytes);
  }
}

/** What the next versions of open tables depend on. */
export interface OpenTablesInput {
  readonly catalog: Catalog;
  readonly old: RunRecord;
  readonly stale: StaleTables;
  readonly options: OpenTableOptions;
  /** A rebuild does without damaged state. */
  readonly rebuild: boolean;
  readonly committedAt: string;
}

/** The next version of an open table. */
export interface NextOpenTable {
  readonly open: OpenRecord;
  /** What is remembered of it, by key. */
  readonly uploads: ReadonlyMap<string, Uint8Array>;
  /** Whether it begins again: what its log has so far goes. */
  readonly isNew: boolean;
}

/** Decides the next version of a table. @param next Its record after this run. */
export async function nextOpenTable(
  scope: Pick<RunScope, "gold" | "lists" | "sequence">,
  table: Table,
  next: ListedTable,
  { old, stale, options, rebuild, committedAt }: OpenTablesInput,
): Promise<NextOpenTable> {
  const staleness = stale.get(table.name);
  const recorded = old.tables[table.name];
  const open = openOf(recorded);
  if (staleness === undefined && open !== undefined && filesKeyOf(recorded) === next.files.key) {
    return { open, uploads: new Map(), isNew: false };
  }
  const before =
    staleness === "lost"
      ? undefined
      : await snapshotOf(scope, open, filesKeyOf(recorded)).catch((error: unknown) => {
          if (!rebuild) {
            throw error;
          }
          return unlessStateError(error);
        });
  const schema = await schemaIn(scope, table, next);
  const settings = settingsOf(options, open);
  const { table: committed } = await commitTable(before, {
    run: scope.sequence,
    at: Date.parse(committedAt),
    operation: hasSameRows(recorded, next) ? "replace" : "append",
    schema,
    files: (await scope.lists.of(next)).files,
    location: locationOf(scope.gold, table.name, settings),
    ...settings,
  });
  const bytes = await encodeOpenTable(committed);
  const key = openTableKey(table.name, scope.sequence, hashBytes(bytes));
  scope.lists.setOpenTable(key, committed);
  const after =
    before === undefined || open === undefined
      ? null
      : { key: open.key, files: filesKeyOf(recorded) ?? "" };
  return {
    open: {
      key,
      last: [...lastObjects(committed)],
      definition: definitionOf(scope.gold, schema, settings),
      ...(settings.retention !== defaultRetention && { retention: settings.retention }),
      after,
    },
    uploads: new Map([[key, bytes]]),
    isNew: before === undefined,
  };
}

/** Whether the same silver was merged by the same contract: the rows are then the same, however files hold them. */
function hasSameRows(before: TableRecord | undefined, next: ListedTable): boolean {
  return (
    before !== undefined &&
    before.fingerprint === next.fingerprint &&
    isSameContent(before.manifest, next.manifest)
  );
}

/**
 * Publishes the versions of open tables that a record names.
 *
 * @param etag The version of the run record.
 * @throws Superseded if another run has committed since.
 * @throws ForeignCommitError if another program has written a version.
 */
export async function publishOpenTables(
  scope: Pick<RunScope, "gold" | "lists" | "progress">,
  record: RunRecord,
  etag: string | null,
): Promise<void> {
  const all = Object.entries(record.tables).flatMap(([name, table]) => {
    const open = openOf(table);
    return open?.after === undefined ? [] : [{ name, table, open, after: open.after }];
  });
  for (const [index, { name, table, open, after }] of all.entries()) {
    const files = filesKeyOf(table);
    const now = await snapshotOf(scope, open, files);
    const before = after === null ? undefined : await snapshotOf(scope, after, after.files);
    if (now !== undefined) {
      await publishVersion(scope.gold, name, before, now, etag);
    }
    scope.progress("publish", "open tables", index + 1, all.length);
  }
}

async function publishVersion(
  gold: ObjectStore,
  name: string,
  before: TableSnapshot | undefined,
  now: TableSnapshot,
  etag: string | null,
): Promise<void> {
  const { objects } = await commitTable(before, changeOf(now));
  const refuseSuperseded = async (): Promise<void> => {
    if (await isSuperseded(gold, etag)) {
      throw new Superseded();
    }
  };
  for (const { key, bytes } of objects.create) {
    try {
      await gold.put(`${name}/${key}`, bytes, { ifMatch: null });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) {
        throw error;
      }
      const found = await buffer(await gold.read(`${name}/${key}`));
      if (!found.equals(bytes)) {
        await refuseSuperseded();
        throw foreignCommit(name, key, found);
      }
    }
  }
  for (const { key, bytes } of objects.replace) {
    await replaceUnlessSuperseded(gold, `${name}/${key}`, bytes, refuseSuperseded);
  }
  for (const key of objects.remove) {
    await refuseSuperseded();
    await gold.delete(`${name}/${key}`);
  }
}

/** Replaces an object, but never one that a later run has written. */
async function replaceUnlessSuperseded(
  gold: ObjectStore,
  key: string,
  bytes: Uint8Array,
  refuseSuperseded: () => Promise<void>,
): Promise<void> {
  for (;;) {
    const ifMatch = (await gold.head(key))?.etag ?? null;
    // A later run commits before it writes. If none has committed by now, what it writes has another etag.
    await refuseSuperseded();
    try {
      await gold.put(key, bytes, { ifMatch });
      return;
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) {
        throw error;
      }
    }
  }
}

/** A record whose open tables are published. */
export function withPublishedTables({ tables }: RunRecord): RunRecord["tables"] {
  const settled = Object.entries(tables).map(([name, table]): [string, TableRecord] => {
    if (isLegacy(table) || table.open === undefined) {
      return [name, table];
    }
    const { after: _, ...open } = table.open;
    return [name, { ...table, open }];
  });
  return Object.fromEntries(settled);
}

async function snapshotOf(
  { lists }: Pick<RunScope, "lists">,
  open: Pick<OpenRecord, "key"> | undefined,
  files: string | undefined,
): Promise<TableSnapshot | undefined> {
  return open === undefined || files === undefined
    ? undefined
    : { table: await lists.openTable(open.key), files: (await lists.byKey(files)).files };
}

function filesKeyOf(table: TableRecord | undefined): string | undefined {
  return table === undefined || isLegacy(table) ? undefined : table.files.key;
}

async function schemaIn(
  { lists }: Pick<RunScope, "lists">,
  table: Table,
  record: ListedTable,
): Promise<TableSchema> {
  const { columnIds } = await lists.of(record);
  const ids = Object.entries(columnIds.columns).map(([name, { id }]) => [name, id] as const);
  return schemaOf(table, new Map(ids));
}

/** Changes when the metadata of a table has to. */
function definitionOf(gold: ObjectStore, schema: TableSchema, settings: OpenTableSettings): string {
  const { formats, retention } = settings;
  const location = locationOf(gold, schema.name, settings);
  const others = formats.filter((format) => format !== "delta");
  return hashBytes(Buffer.from(JSON.stringify([schema, retention, location, ...others])));
}

/** The address of a table's folder, which only Iceberg needs in a directory, because that may be moved. */
function locationOf(gold: ObjectStore, name: string, { formats }: OpenTableSettings): string {
  const address = gold.uri?.(name) ?? "";
  return formats.includes("iceberg") || !address.startsWith("file:") ? address : "";
}

function unlessStateError(error: unknown): undefined {
  if (!(error instanceof StateError)) {
    throw error;
  }
  return undefined;
}
