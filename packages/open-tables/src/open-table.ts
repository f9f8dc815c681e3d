/** Open tables: versions of a table that other engines read from Parquet files and the metadata of a table format. */
import { hash } from "node:crypto";
import { application } from "./application.ts";
import type { DataFile } from "./data-file.ts";
import { type DeltaState, delta } from "./delta/delta.ts";
import { ForeignCommitError } from "./errors.ts";
import {
  expired,
  type FileCounts,
  keptVersions,
  type Moment,
  type Operation,
  type RemovedFile,
  type Version,
} from "./history.ts";
import { type IcebergState, iceberg } from "./iceberg/iceberg.ts";
import { isPlain, snapshotId } from "./iceberg/names.ts";
import type { Objects, OpenObject, OpenTableFormat, Step, TableFile } from "./open-table-format.ts";
import { isInPartition } from "./partition-value.ts";
import { type TableSchema, withNulls } from "./table-schema.ts";
import { uuidOf } from "./uuid.ts";

/** What each format remembers. */
interface FormatStates {
  readonly delta?: DeltaState | undefined;
  readonly iceberg?: IcebergState | undefined;
}

/** The name of a table format. */
export type FormatName = keyof FormatStates;

/** What is remembered of an open table from version to version. It is plain JSON. */
export interface OpenTable {
  /** A UUID. */
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly createdAt: number;
  readonly schema: TableSchema;
  /** The address of its folder, without a slash at the end. */
  readonly location: string;
  /** How long versions are kept, in milliseconds. */
  readonly retention: number;
  /** The versions that are kept, oldest first. */
  readonly versions: readonly Version[];
  /** When each file of the last version was added, by path. */
  readonly added: Readonly<Record<string, Moment>>;
  /** Files that only earlier versions have. */
  readonly removed: readonly RemovedFile[];
  /** Schemas that only earlier versions have, oldest first. Absent if there are none. */
  readonly earlierSchemas?: readonly EarlierSchema[] | undefined;
  /** Digests of its metadata, by key relative to its folder. What an earlier version of this program wrote has none. */
  readonly digests?: Readonly<Record<string, string>> | undefined;
  readonly formats: FormatStates;
}

/** A schema that a later version replaced. */
export interface EarlierSchema {
  /** The last version that has it. */
  readonly until: number;
  readonly schema: TableSchema;
}

/** A version of an open table, and its files. */
export interface TableSnapshot {
  readonly table: OpenTable;
  readonly files: readonly DataFile[];
}

/** What a run makes of a table. */
export interface TableChange {
  /** The run's number. */
  readonly run: number;
  /** When it committed, in milliseconds since 1970. */
  readonly at: number;
  readonly operation: Operation;
  readonly schema: TableSchema;
  /** All files of the new version. */
  readonly files: readonly DataFile[];
  readonly location: string;
  readonly retention: number;
  readonly formats: readonly FormatName[];
  /** Whether Iceberg's objects have the names that an earlier version of this program gave. Default: false. */
  readonly plainNames?: boolean | undefined;
}

/** A new version, and what publishes it. */
export interface Committed {
  readonly table: OpenTable;
  readonly objects: Objects;
  /** Data files that no kept version has, as paths. They may be removed once the objects are published. */
  readonly unused: readonly string[];
}

/**
 * Makes the next version of a table. The same input gives the same bytes, so any run can publish it.
 *
 * @param before The last version; undefined if there is none.
 */
export async function commitTable(
  before: TableSnapshot | undefined,
  change: TableChange,
): Promise<Committed> {
  checkPartitions(change);
  const last = before?.table.versions.at(-1);
  const at = Math.max(change.at, (last?.at ?? 0) + 1);
  const moment = { version: (last?.version ?? -1) + 1, at };
  const added = Object.fromEntries(
    byPath(change.files).map(({ path }) => [path, before?.table.added[path] ?? moment]),
  );
  const files = new Map(
    byPath(change.files).map((file) => [file.path, withMoment(file, added[file.path] ?? moment)]),
  );
  const gone = byPath(before?.files ?? []).filter(({ path }) => !files.has(path));
  const removed = gone.map(
    ({ path }): RemovedFile => ({
      path,
      added: before?.table.added[path]?.version,
      removed: moment,
    }),
  );
  const fresh = [...files.values()].filter((file) => file.added.version === moment.version);
  const version: Version = {
    ...moment,
    run: change.run,
    // An append removes nothing.
    operation: change.operation === "append" && gone.length > 0 ? "overwrite" : change.operation,
    changed: {
      ...countsOf(fresh),
      removedFiles: gone.length,
      removedRows: countsOf(gone).rows,
    },
    total: countsOf(change.files),
  };
  const all = [...(before?.table.versions ?? []), version];
  const versions = keptVersions(all, change.retention);
  const oldest = versions[0]?.version ?? moment.version;
  const { kept, gone: unused } = expired([...(before?.table.removed ?? []), ...removed], oldest);
  const step: Step = {
    id: before?.table.id ?? uuidOf(`${change.schema.name} ${at}`),
    createdAt: before?.table.createdAt ?? at,
    version,
    earlier: versions.filter((each) => each !== version),
    oldest,
    schema: withNulls(change.schema, change.files, before?.table.schema),
    files,
    added: fresh,
    removed: gone.map((file) => withMoment(file, before?.table.added[file.path] ?? moment)),
    tombstones: kept,
    retention: change.retention,
    location: change.location,
    plainNames: change.plainNames ?? false,
  };
  const { formats, objects } = await inFormats(before?.table.formats ?? {}, change.formats, step);
  const schemas = earlierSchemas(before?.table, step);
  const digests = digestsOf(before?.table.digests, formats, objects);
  return {
    table: {
      id: step.id,
      createdAt: step.createdAt,
      schema: step.schema,
      location: change.location,
      retention: change.retention,
      versions,
      added,
      removed: kept,
      ...(schemas.length > 0 && { earlierSchemas: schemas }),
      digests,
      formats,
    },
    objects,
    unused: unused.map(({ path }) => path).filter((path) => !files.has(path)),
  };
}

/** The digest of an object of metadata. */
export function metadataDigest(bytes: Uint8Array): string {
  return hash("sha256", bytes).slice(0, 32);
}

function digestsOf(
  before: OpenTable["digests"],
  formats: FormatStates,
  { create, replace }: Objects,
): Readonly<Record<string, string>> {
  const known = new Map(Object.entries(before ?? {}));
  for (const { key, bytes } of [...create, ...replace]) {
    known.set(key, metadataDigest(bytes));
  }
  const kept = metadataKeys({ formats }).toSorted();
  return Object.fromEntries(
    kept.flatMap((key) => {
      const digest = known.get(key);
      return digest === undefined ? [] : [[key, digest]];
    }),
  );
}

/** The schema that a kept version of a table has. */
export function schemaAt({ schema, earlierSchemas = [] }: OpenTable, version: number): TableSchema {
  return earlierSchemas.find(({ until }) => version <= until)?.schema ?? schema;
}

/** The schemas of earlier kept versions that differ from the next version's. */
function earlierSchemas(before: OpenTable | undefined, { schema, oldest }: Step): EarlierSchema[] {
  const last = before?.versions.at(-1);
  if (before === undefined || last === undefined) {
    return [];
  }
  const isSame = JSON.stringify(before.schema) === JSON.stringify(schema);
  const all = [
    ...(before.earlierSchemas ?? []),
    ...(isSame ? [] : [{ until: last.version, schema: before.schema }]),
  ];
  return all.filter(({ until }) => until >= oldest);
}

/** The change that made a version. With the version before it, `commitTable` makes the same objects again. */
export function changeOf({ table, files }: TableSnapshot): TableChange {
  const last = table.versions.at(-1);
  if (last === undefined) {
    throw new TypeError(`Table ${table.schema.name} has no version.`);
  }
  const { schema, location, retention } = table;
  const { run, at, operation } = last;
  const formats = formatNames.filter((name) => table.formats[name] !== undefined);
  const plainNames = isPlain(table.formats.iceberg?.snapshots.at(-1)?.list ?? "");
  return { run, at, operation, schema, files, location, retention, formats, plainNames };
}

/** A version that can be read as Iceberg. */
export interface IcebergSnapshot {
  readonly id: number;
  readonly version: Version;
}

/** The kept versions that can be read as Iceberg, oldest first. */
export function icebergSnapshots({ id, versions, formats }: OpenTable): IcebergSnapshot[] {
  const snapshots = formats.iceberg?.snapshots ?? [];
  return snapshots.flatMap(({ version: number }) => {
    const version = versions.find((each) => each.version === number);
    return version === undefined ? [] : [{ id: snapshotId(id, number), version }];
  });
}

/** The objects that are the last version, one for each format. Keys are relative to the table's folder. */
export function lastObjects({ formats }: OpenTable): readonly string[] {
  return [
    ...(formats.delta === undefined ? [] : [delta.lastKey(formats.delta)]),
    ...(formats.iceberg === undefined ? [] : [iceberg.lastKey(formats.iceberg)]),
  ];
}

/** The objects of all formats that are there once the last version is published. Keys are relative to the table's folder. */
export function metadataKeys({ formats }: Pick<OpenTable, "formats">): readonly string[] {
  return [
    ...(formats.delta === undefined ? [] : delta.keys(formats.delta)),
    ...(formats.iceberg === undefined ? [] : iceberg.keys(formats.iceberg)),
  ];
}

/**
 * The keys that are versions after the last ones: those of later runs, or of other programs.
 *
 * @param last The objects that are the last version, one for each format, if there is one. All keys are relative to the
 *   table's folder.
 */
export function laterVersions(keys: readonly string[], last: readonly string[]): readonly string[] {
  return [delta, iceberg].flatMap((format) => {
    const known = last.find((key) => key.startsWith(format.prefix));
    return keys.filter((key) => format.isAfter(key, known)).sort();
  });
}

/** The formats that a version has, given the objects that are that version. */
export function formatsOf(last: readonly string[]): readonly FormatName[] {
  const formats = { delta, iceberg };
  return formatNames.filter((name) => last.some((key) => key.startsWith(formats[name].prefix)));
}

/** Whether an object is part of the metadata of a table. @param key Relative to the table's folder. */
export function isMetadata(key: string): boolean {
  return [delta, iceberg].some(({ prefix }) => key.startsWith(prefix));
}

/** Whether a run wrote an object of a table's metadata. @param key Relative to the table's folder. */
export function isOwnCommit(key: string, bytes: Uint8Array): boolean {
  return writerOf(key, bytes).startsWith(`${application} (`);
}

/**
 * The error for an object of a table's metadata that is not what we make.
 *
 * @param table The table's name.
 * @param key Relative to the table's folder.
 */
export function foreignCommit(table: string, key: string, bytes: Uint8Array): ForeignCommitError {
  return new ForeignCommitError(`${table}/${key}`, writerOf(key, bytes));
}

function writerOf(key: string, bytes: Uint8Array): string {
  const format = [delta, iceberg].find(({ prefix }) => key.startsWith(prefix));
  return format?.writerOf(key, bytes) ?? "an unknown writer";
}

/** The formats of tables, in the order in which a version is published. */
const formatNames = ["delta", "iceberg"] as const satisfies readonly FormatName[];

async function inFormats(
  before: FormatStates,
  names: readonly FormatName[],
  step: Step,
): Promise<{ readonly formats: FormatStates; readonly objects: Objects }> {
  const create: OpenObject[] = [];
  const replace: OpenObject[] = [];
  const remove: string[] = [];
  async function inFormat<S>(
    name: FormatName,
    format: OpenTableFormat<S>,
    state: S | undefined,
  ): Promise<S | undefined> {
    if (!names.includes(name)) {
      remove.push(...(state === undefined ? [] : format.keys(state)));
      return undefined;
    }
    const next = await format.next(state, step);
    create.push(...next.objects.create);
    replace.push(...next.objects.replace);
    remove.push(...next.objects.remove);
    return next.state;
  }
  const formats = {
    delta: await inFormat("delta", delta, before.delta),
    iceberg: await inFormat("iceberg", iceberg, before.iceberg),
  };
  return { formats, objects: { create, replace, remove } };
}

/** @throws TypeError if a row's partition is not the file's: readers would not find it. */
function checkPartitions({ schema: { name, partitionBy }, files }: TableChange): void {
  for (const file of files) {
    const isRight =
      partitionBy === undefined ? file.partition === "" : isInPartition(partitionBy, file);
    if (!isRight) {
      throw new TypeError(
        `File ${name}/${file.path} has rows outside partition ${file.partition}.`,
      );
    }
  }
}

function withMoment(file: DataFile, added: Moment): TableFile {
  return { ...file, added };
}

function byPath(files: readonly DataFile[]): readonly DataFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function countsOf(files: readonly DataFile[]): FileCounts {
  const sum = (of: (file: DataFile) => number) => files.reduce((all, file) => all + of(file), 0);
  return { files: files.length, rows: sum(({ rows }) => rows), bytes: sum(({ bytes }) => bytes) };
}
