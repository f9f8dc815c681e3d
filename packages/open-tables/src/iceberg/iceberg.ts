/** Apache Iceberg, format version 2: metadata of tables, snapshots and manifests in `metadata/`. */
import { application } from "../application.ts";
import { expired, type Moment, type Operation, type RemovedFile } from "../history.ts";
import type {
  Objects,
  OpenObject,
  OpenTableFormat,
  Step,
  TableFile,
} from "../open-table-format.ts";
import {
  type Entry,
  encodeManifest,
  encodeManifestList,
  type Manifest,
  type ManifestContext,
} from "./manifest.ts";
import {
  hintKey,
  hintOf,
  isAfter,
  isOwnName,
  isPlain,
  namesOf,
  plainMetadata,
  snapshotId,
} from "./names.ts";
import { lastFieldId, type PartitionSpec, specFields, withSpec } from "./partition-spec.ts";
import { type IcebergSchema, nameMapping, withSchema } from "./schema.ts";

/** What it remembers. */
export interface IcebergState {
  readonly location: string;
  /** The table's version with the first snapshot. */
  readonly first: number;
  readonly lastColumnId: number;
  readonly schemas: readonly IcebergSchema[];
  readonly specs: readonly PartitionSpec[];
  /** Snapshots of kept versions, oldest first. */
  readonly snapshots: readonly Snapshot[];
  /** The manifests of the last snapshot. */
  readonly manifests: readonly Manifest[];
  /** Manifests that only earlier snapshots have. */
  readonly retired: readonly RemovedFile[];
  /** The metadata files that are there, oldest first. */
  readonly metadata: readonly MetadataFile[];
}

/** A metadata file: the table at one version, and those before it. */
interface MetadataFile extends Moment {
  /** Absent if an earlier version of this program wrote it. */
  readonly key?: string;
}

/** A snapshot: the table at one version. */
interface Snapshot extends Moment {
  readonly schema: number;
  /** The key of its list of manifests. */
  readonly list: string;
  readonly summary: Readonly<Record<string, string>>;
}

export const iceberg: OpenTableFormat<IcebergState> = {
  prefix: "metadata/",
  next,
  lastKey: ({ metadata }) => metadata.map(metadataKey).at(-1) ?? plainMetadata(0),
  keys,
  isAfter,
  writerOf,
};

/** Larger manifests cost more to rewrite, more of them cost more to read. */
const filesPerManifest = 500;
/** How many manifests may be less than half full before they are joined. */
const maximumSmallManifests = 20;
/** How many earlier metadata files stay for readers that have just looked up the last one. */
const earlierMetadata = 10;

async function next(
  known: IcebergState | undefined,
  step: Step,
): Promise<{ readonly state: IcebergState; readonly objects: Objects }> {
  const before = known !== undefined && continues(known, step) ? known : undefined;
  const { version, at } = step.version;
  const { schemas, current: schema } = withSchema(before?.schemas ?? [], step.schema);
  const { specs, current: spec } = withSpec(before?.specs ?? [], step.schema);
  const first = before?.first ?? version;
  const context: ManifestContext = {
    location: step.location,
    schema: step.schema,
    icebergSchema: schema,
    snapshot: snapshotId(step.id, version),
    sequence: sequenceOf(version),
  };
  const names = namesOf(step);
  const planned = planManifests(before, step, first, spec, specs);
  const encoded = await Promise.all(
    planned.write.map(({ spec, entries }, index) =>
      encodeManifest(context, names.manifest(index), spec, entries),
    ),
  );
  const manifests = [...encoded.map(({ manifest }) => manifest), ...planned.keep];
  const parent = before?.snapshots.at(-1);
  const list = await encodeManifestList(
    context,
    parent && snapshotId(step.id, parent.version),
    manifests,
  );
  const snapshot: Snapshot = {
    version,
    at,
    schema: schema["schema-id"],
    list: names.list,
    summary: summaryOf(step),
  };
  const all = [...(before?.snapshots ?? []), snapshot];
  const snapshots = all.filter((each) => each.version >= step.oldest);
  const dropped = (before?.manifests ?? []).filter((each) => !planned.keep.includes(each));
  const retired = expired(
    [
      ...(before?.retired ?? []),
      ...dropped.map(({ key }): RemovedFile => ({ path: key, removed: { version, at } })),
    ],
    step.oldest,
  );
  const files = [...(before?.metadata ?? []), { version, at, key: names.metadata }];
  const metadata = files.filter((each) => each.version >= step.oldest).slice(-earlierMetadata - 1);
  const state: IcebergState = {
    location: step.location,
    first,
    lastColumnId: Math.max(known?.lastColumnId ?? 0, ...step.schema.columns.map(({ id }) => id)),
    schemas,
    specs,
    snapshots,
    manifests,
    retired: retired.kept,
    metadata,
  };
  const text = JSON.stringify(tableMetadata(state, step, spec));
  return {
    state,
    objects: {
      create: [
        ...encoded.map(({ manifest, bytes }): OpenObject => ({ key: manifest.key, bytes })),
        { key: snapshot.list, bytes: list },
        { key: names.metadata, bytes: Buffer.from(text) },
      ],
      replace: [{ key: hintKey, bytes: Buffer.from(hintOf(names.metadata)) }],
      remove: [
        ...all.filter((each) => !snapshots.includes(each)).map((each) => each.list),
        ...retired.gone.map(({ path }) => path),
        ...files.filter((each) => !metadata.includes(each)).map(metadataKey),
        ...(known === undefined || known === before
          ? []
          : keys(known).filter((key) => key !== hintKey)),
      ],
    },
  };
}

/**
 * Whether the snapshots so far can stay. They can't if the table has moved, because manifests hold whole addresses, or
 * if it was divided by a column that it has no longer.
 */
function continues({ location, specs }: IcebergState, step: Step): boolean {
  const ids = new Set(step.schema.columns.map(({ id }) => id));
  return (
    location === step.location &&
    specs.every(({ field }) => field === undefined || ids.has(field.source))
  );
}

/** Manifests to write. */
interface Draft {
  readonly spec: PartitionSpec;
  readonly entries: readonly Entry[];
}

/**
 * Decides which manifests stay. Only those with a removed file are written again, small ones if there are many, and
 * once those with names of an earlier version of this program.
 */
function planManifests(
  before: IcebergState | undefined,
  step: Step,
  first: number,
  current: PartitionSpec,
  specs: readonly PartitionSpec[],
): { readonly write: readonly Draft[]; readonly keep: readonly Manifest[] } {
  const entry = (status: Entry["status"], file: TableFile): Entry => {
    // A file that was there before the first snapshot was added by that one.
    const addedIn = Math.max(file.added.version, first);
    const snapshot = status === "existing" ? addedIn : step.version.version;
    return {
      status,
      file,
      snapshot: snapshotId(step.id, snapshot),
      sequence: sequenceOf(addedIn),
    };
  };
  const existing = (paths: readonly string[]): Entry[] =>
    paths.flatMap((path) => {
      const file = step.files.get(path);
      return file === undefined ? [] : [entry("existing", file)];
    });
  const removed = new Map(step.removed.map((file) => [file.path, file]));
  const live = (before?.manifests ?? []).filter(({ files }) => files.length > 0);
  const touched = live.filter(
    ({ key, files }) =>
      files.some((path) => removed.has(path)) || (isPlain(key) && !step.plainNames),
  );
  const rest = live.filter((manifest) => !touched.includes(manifest));
  const small = rest.filter(
    ({ files, spec }) => spec === current.id && files.length < filesPerManifest / 2,
  );
  const joined = small.length > maximumSmallManifests ? small : [];
  const added = before === undefined ? [...step.files.values()] : step.added;
  const rewritten = touched.map(({ files, spec }): Draft => {
    const deleted = files.flatMap((path) => removed.get(path) ?? []);
    return {
      spec: specs[spec] ?? current,
      entries: [...existing(files), ...deleted.map((file) => entry("deleted", file))],
    };
  });
  return {
    write: [
      ...inManifests(
        current,
        added.map((file) => entry("added", file)),
      ),
      ...rewritten,
      ...inManifests(
        current,
        joined.flatMap(({ files }) => existing(files)),
      ),
    ],
    keep: rest.filter((manifest) => !joined.includes(manifest)),
  };
}

/** Divides entries among manifests, in the order of partitions, so that readers skip whole manifests. */
function inManifests(spec: PartitionSpec, entries: readonly Entry[]): Draft[] {
  const sorted = entries.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return Array.from({ length: Math.ceil(sorted.length / filesPerManifest) }, (_, index) => ({
    spec,
    entries: sorted.slice(index * filesPerManifest, (index + 1) * filesPerManifest),
  }));
}

function placeOf({ file }: Entry): string {
  return `${file.partition} ${file.path}`;
}

function sequenceOf(version: number): number {
  return version + 1;
}

function metadataKey({ version, key = plainMetadata(version) }: MetadataFile): string {
  return key;
}

function summaryOf({ version: { operation, changed, total, run } }: Step): Snapshot["summary"] {
  const counts = {
    "added-data-files": changed.files,
    "added-records": changed.rows,
    "added-files-size": changed.bytes,
    "deleted-data-files": changed.removedFiles,
    "deleted-records": changed.removedRows,
    "total-data-files": total.files,
    "total-records": total.rows,
    "total-files-size": total.bytes,
    "total-delete-files": 0,
    "total-position-deletes": 0,
    "total-equality-deletes": 0,
  };
  const texts = Object.entries(counts).map(([name, count]) => [name, String(count)] as const);
  return {
    operation: operation satisfies Operation,
    ...Object.fromEntries(texts),
    "engine-name": application,
    "lakehouse-run": String(run),
  };
}

/** The content of a metadata file. */
function tableMetadata(state: IcebergState, step: Step, spec: PartitionSpec): unknown {
  const { location, schemas, specs, snapshots, metadata } = state;
  const idOf = ({ version }: Moment) => snapshotId(step.id, version);
  const last = snapshots.at(-1);
  return {
    "format-version": 2,
    "table-uuid": step.id,
    location,
    "last-sequence-number": sequenceOf(step.version.version),
    "last-updated-ms": step.version.at,
    "last-column-id": state.lastColumnId,
    schemas,
    "current-schema-id": last?.schema,
    "partition-specs": specs.map((each) => ({ "spec-id": each.id, fields: specFields(each) })),
    "default-spec-id": spec.id,
    "last-partition-id": lastFieldId(specs),
    "sort-orders": [{ "order-id": 0, fields: [] }],
    "default-sort-order-id": 0,
    properties: {
      ...(step.schema.description !== "" && { comment: step.schema.description }),
      "write.format.default": "parquet",
      "schema.name-mapping.default": nameMapping(step.schema),
      "history.expire.max-snapshot-age-ms": String(step.retention),
    },
    "current-snapshot-id": last === undefined ? -1 : idOf(last),
    snapshots: snapshots.map((snapshot, index) => ({
      "snapshot-id": idOf(snapshot),
      ...(index > 0 && { "parent-snapshot-id": idOf(snapshots[index - 1] ?? snapshot) }),
      "sequence-number": sequenceOf(snapshot.version),
      "timestamp-ms": snapshot.at,
      "manifest-list": `${location}/${snapshot.list}`,
      "schema-id": snapshot.schema,
      summary: snapshot.summary,
    })),
    "snapshot-log": snapshots.map((snapshot) => ({
      "timestamp-ms": snapshot.at,
      "snapshot-id": idOf(snapshot),
    })),
    "metadata-log": metadata.slice(0, -1).map((file) => ({
      "timestamp-ms": file.at,
      "metadata-file": `${location}/${metadataKey(file)}`,
    })),
    refs: last === undefined ? {} : { main: { "snapshot-id": idOf(last), type: "branch" } },
  };
}

function keys({ snapshots, manifests, retired, metadata }: IcebergState): readonly string[] {
  return [
    ...metadata.map(metadataKey),
    ...snapshots.map(({ list }) => list),
    ...manifests.map(({ key }) => key),
    ...retired.map(({ path }) => path),
    hintKey,
  ];
}

/** Reads who wrote table metadata from its last snapshot. Other programs may write metadata without a new snapshot. */
function writerOf(key: string, bytes: Uint8Array): string {
  const { changed, at, summary } = lastSnapshot(bytes);
  const { operation = "no operation named" } = summary;
  const isOurs = summary["engine-name"] === application;
  const when = changed === undefined ? "" : `, ${new Date(changed).toISOString()}`;
  if (isOurs && (changed !== at || !isOwnName(key))) {
    return `an unknown writer (a change of metadata${when})`;
  }
  const engine = [summary["engine-name"], summary["engine-version"]].filter(Boolean).join("/");
  return `${engine === "" ? "an unknown writer" : engine} (${operation}${when})`;
}

/** What metadata says of its last snapshot, and of when it was written. */
interface LastSnapshot {
  readonly changed?: number | undefined;
  readonly at?: number | undefined;
  readonly summary: Readonly<Record<string, string>>;
}

function lastSnapshot(bytes: Uint8Array): LastSnapshot {
  try {
    const metadata = JSON.parse(Buffer.from(bytes).toString()) as {
      readonly "last-updated-ms"?: number;
      readonly snapshots?: readonly {
        readonly "timestamp-ms"?: number;
        readonly summary?: Readonly<Record<string, string>>;
      }[];
    };
    const last = metadata.snapshots?.at(-1);
    return {
      changed: metadata["last-updated-ms"],
      at: last?.["timestamp-ms"],
      summary: last?.summary ?? {},
    };
  } catch {
    return { summary: {} };
  }
}
