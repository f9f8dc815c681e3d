/**
 * Open tables: current rows as Delta and Iceberg tables that other engines read. The run record decides which version
 * there is. Its objects follow from the record and the state that it names, so any run can publish them.
 */
import { buffer } from "node:stream/consumers";
import { ObjectNotFoundError, PreconditionFailedError } from "@lakehouse/lake/errors";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import {
  type Committed,
  changeOf,
  commitTable,
  type FormatName,
  foreignCommit,
  formatsOf,
  isOwnCommit,
  lastObjects,
  laterVersions,
  metadataDigest,
  type TableSnapshot,
} from "@lakehouse/open-tables/open-table";
import {
  type SchemaContract,
  schemaOf,
  type TableSchema,
} from "@lakehouse/open-tables/table-schema";
import type { Catalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { unlessStateError } from "../errors.ts";
import { inParallel } from "../in-parallel.ts";
import type { RunScope } from "../run-scope.ts";
import { idsByName } from "../state/column-ids.ts";
import { hashBytes } from "../state/content-hash.ts";
import { encodeOpenTable } from "../state/open-table-state.ts";
import {
  type OpenPart,
  type OpenRecord,
  openPartsOf,
  type RunRecord,
} from "../state/run-record.ts";
import { isSameContent, openTableKey, tableOfLog } from "../state/state-keys.ts";
import { refuseSuperseded } from "../state/superseded.ts";
import type { GoldListing } from "./gold-listing.ts";

/** What makes a table an open table: a contract, or a model. */
export interface OpenDefinition extends SchemaContract {
  readonly fingerprint: string;
}

/** The tables and models of a catalog that are open tables. */
export function openDefinitionsOf({ tables, models }: Catalog): readonly OpenDefinition[] {
  return [
    ...tables.map((table) => ({ ...table, fingerprint: table.currentFingerprint })),
    ...models.filter(({ format }) => format === "table").map(openModel),
  ];
}

function openModel(model: Model): OpenDefinition {
  const { name, description, columns, checks, fingerprint } = model;
  // The checks of a model are true of all its rows.
  const required = new Set(checks.flatMap((each) => (each.kind === "not_null" ? each.column : [])));
  const described = columns.map((column) => ({ ...column, nullable: !required.has(column.name) }));
  // Its rows need not be in the partition that they were built from, and readers would skip them.
  return { name, description, columns: described, partitionBy: undefined, fingerprint };
}

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
 * @param every Reads all of their metadata.
 * @throws ForeignCommitError if another program has written to one.
 */
export async function findStaleTables(
  scope: Pick<RunScope, "gold" | "lists" | "concurrency">,
  catalog: Catalog,
  record: RunRecord,
  listing: GoldListing,
  options: OpenTableOptions,
  every = false,
): Promise<StaleTables> {
  const logs = logsIn(listing);
  const parts = openPartsOf(record);
  const stale = new Map<string, Staleness>();
  for (const table of openDefinitionsOf(catalog)) {
    const recorded = parts.get(table.name);
    const open = recorded?.open;
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
    } else if (every && (await isEdited(scope, table.name, open.key))) {
      stale.set(table.name, "lost");
    } else if (recorded?.fingerprint === table.fingerprint) {
      // Otherwise this run makes other rows.
      const schema = await schemaIn(scope, table, recorded).catch(unlessStateError);
      const settings = settingsOf(options, open);
      if (schema !== undefined && definitionOf(scope.gold, schema, settings) !== open.definition) {
        stale.set(table.name, "changed");
      }
    }
  }
  return stale;
}

/** Whether somebody has changed or removed an object of a table's metadata, or what is remembered of it. */
async function isEdited(
  { gold, lists, concurrency }: Pick<RunScope, "gold" | "lists" | "concurrency">,
  name: string,
  key: string,
): Promise<boolean> {
  const table = await lists.openTable(key).catch(unlessStateError);
  if (table === undefined) {
    return true;
  }
  const digests = Object.entries(table.digests ?? {});
  const named = digests.map(([path, digest]) => [`${name}/${path}`, digest] as const);
  return (await changedMetadata(gold, named, concurrency)).length > 0;
}

/** Returns the keys of those objects of metadata that don't have these digests, or are missing. */
export async function changedMetadata(
  gold: ObjectStore,
  digests: Iterable<readonly [key: string, digest: string]>,
  concurrency: number,
): Promise<string[]> {
  const changed: string[] = [];
  await inParallel(digests, concurrency, async ([key, digest]) => {
    try {
      if (metadataDigest(await buffer(await gold.read(key))) !== digest) {
        changed.push(key);
      }
    } catch (error) {
      if (!(error instanceof ObjectNotFoundError)) {
        throw error;
      }
      changed.push(key);
    }
  });
  return changed.sort();
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

/** Decides the next version of an open table. @param next Its part of the record after this run. */
export async function nextOpenTable(
  scope: Pick<RunScope, "gold" | "lists" | "sequence">,
  table: OpenDefinition,
  next: OpenPart,
  { old, stale, options, rebuild, committedAt }: OpenTablesInput,
): Promise<NextOpenTable> {
  const staleness = stale.get(table.name);
  const recorded = openPartsOf(old).get(table.name);
  const open = recorded?.open;
  if (staleness === undefined && open !== undefined && recorded?.files.key === next.files.key) {
    return { open, uploads: new Map(), isNew: false };
  }
  const before =
    staleness === "lost"
      ? undefined
      : await snapshotOf(scope, open, recorded?.files.key).catch((error: unknown) => {
          if (!rebuild) {
            throw error;
          }
          return unlessStateError(error);
        });
  const schema = await schemaIn(scope, table, next);
  const settings = settingsOf(options, open);
  const committed = await commitTable(before, {
    run: scope.sequence,
    at: Date.parse(committedAt),
    operation: hasSameRows(recorded, next) ? "replace" : "append",
    schema,
    files: (await scope.lists.byKey(next.files.key)).files,
    location: locationOf(scope.gold, table.name, settings),
    ...settings,
  });
  const bytes = await encodeOpenTable(committed.table);
  const key = openTableKey(table.name, scope.sequence, hashBytes(bytes));
  scope.lists.setOpenTable(key, committed);
  const after =
    before === undefined || open === undefined
      ? null
      : { key: open.key, files: recorded?.files.key ?? "" };
  return {
    open: {
      key,
      last: [...lastObjects(committed.table)],
      definition: definitionOf(scope.gold, schema, settings),
      ...(settings.retention !== defaultRetention && { retention: settings.retention }),
      after,
    },
    uploads: new Map([[key, bytes]]),
    isNew: before === undefined,
  };
}

/** Whether the same silver was merged by the same contract: the rows are then the same, however files hold them. */
function hasSameRows(before: OpenPart | undefined, next: OpenPart): boolean {
  return (
    before?.manifest !== undefined &&
    next.manifest !== undefined &&
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
  const all = [...openPartsOf(record)].flatMap(([name, { open, files }]) =>
    open?.after === undefined ? [] : [{ name, files, open, after: open.after }],
  );
  for (const [index, { name, files, open, after }] of all.entries()) {
    const made = scope.lists.publicationOf(open.key);
    const objects = made ?? (await objectsOf(scope, open, files.key, after));
    await publishVersion(scope.gold, name, objects, etag);
    scope.progress("publish", "open tables", index + 1, all.length);
  }
}

/** What publishes a version that an earlier run committed: the same objects as that run would have written. */
async function objectsOf(
  scope: Pick<RunScope, "lists">,
  open: Pick<OpenRecord, "key">,
  files: string,
  after: NonNullable<OpenRecord["after"]> | null,
): Promise<Committed["objects"]> {
  const table = await scope.lists.openTable(open.key);
  const now = { table, files: (await scope.lists.byKey(files)).files };
  const before = after === null ? undefined : await snapshotOf(scope, after, after.files);
  return (await commitTable(before, changeOf(now))).objects;
}

async function publishVersion(
  gold: ObjectStore,
  name: string,
  objects: Committed["objects"],
  etag: string | null,
): Promise<void> {
  for (const { key, bytes } of objects.create) {
    try {
      await gold.put(`${name}/${key}`, bytes, { ifMatch: null });
    } catch (error) {
      if (!(error instanceof PreconditionFailedError)) {
        throw error;
      }
      const found = await buffer(await gold.read(`${name}/${key}`));
      if (!found.equals(bytes)) {
        await refuseSuperseded(gold, etag);
        throw foreignCommit(name, key, found);
      }
    }
  }
  for (const { key, bytes } of objects.replace) {
    await replaceUnlessSuperseded(gold, `${name}/${key}`, bytes, etag);
  }
  for (const key of objects.remove) {
    await refuseSuperseded(gold, etag);
    await gold.delete(`${name}/${key}`);
  }
}

/** Replaces an object, but never one that a later run has written. */
async function replaceUnlessSuperseded(
  gold: ObjectStore,
  key: string,
  bytes: Uint8Array,
  recordEtag: string | null,
): Promise<void> {
  for (;;) {
    const ifMatch = (await gold.head(key))?.etag ?? null;
    // A later run commits before it writes. If none has committed by now, what it writes has another etag.
    await refuseSuperseded(gold, recordEtag);
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

async function snapshotOf(
  { lists }: Pick<RunScope, "lists">,
  open: Pick<OpenRecord, "key"> | undefined,
  files: string | undefined,
): Promise<TableSnapshot | undefined> {
  return open === undefined || files === undefined
    ? undefined
    : { table: await lists.openTable(open.key), files: (await lists.byKey(files)).files };
}

async function schemaIn(
  { lists }: Pick<RunScope, "lists">,
  table: OpenDefinition,
  { files }: OpenPart,
): Promise<TableSchema> {
  const { columnIds } = await lists.byKey(files.key);
  return schemaOf(table, new Map(Object.entries(idsByName(columnIds))));
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
