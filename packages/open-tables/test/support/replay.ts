/** Reads tables back from their metadata, as readers do, with code that has nothing in common with the writers. */
import { Readable } from "node:stream";
import { streams } from "avsc";
import { parquetRows } from "./parquet.ts";

type Objects = ReadonlyMap<string, Uint8Array>;
type Json = Readonly<Record<string, unknown>>;

/** The paths of a version's files, sorted, by replaying the log from the last checkpoint that helps. */
export async function deltaFiles(objects: Objects, version: number): Promise<string[]> {
  const files = new Set<string>();
  const checkpoint = version - (version % 10);
  const start = checkpoint > 0 && objects.has(key(checkpoint, "checkpoint.parquet"));
  if (start) {
    const bytes = objects.get(key(checkpoint, "checkpoint.parquet")) ?? new Uint8Array();
    for (const action of await parquetRows(bytes)) {
      replay(files, action);
    }
  }
  for (let next = start ? checkpoint + 1 : 0; next <= version; next += 1) {
    for (const action of actionsOf(objects, next)) {
      replay(files, action);
    }
  }
  return [...files].sort();
}

/** The actions of an entry of a log. */
export function actionsOf(objects: Objects, version: number): Json[] {
  const text = Buffer.from(objects.get(key(version, "json")) ?? []).toString();
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Json);
}

function key(version: number, extension: string): string {
  return `_delta_log/${String(version).padStart(20, "0")}.${extension}`;
}

function replay(files: Set<string>, { add, remove }: Json): void {
  if (add !== undefined && add !== null) {
    files.add(decodeURIComponent((add as { readonly path: string }).path));
  }
  if (remove !== undefined && remove !== null) {
    files.delete(decodeURIComponent((remove as { readonly path: string }).path));
  }
}

/** Table metadata of Iceberg. */
export interface Metadata {
  readonly location: string;
  readonly "table-uuid": string;
  readonly "current-schema-id": number;
  readonly schemas: readonly { readonly "schema-id": number; readonly fields: readonly Json[] }[];
  readonly "partition-specs": readonly Json[];
  readonly "default-spec-id": number;
  readonly "last-column-id": number;
  readonly snapshots: readonly {
    readonly "snapshot-id": number;
    readonly "sequence-number": number;
    readonly "timestamp-ms": number;
    readonly "manifest-list": string;
    readonly "schema-id": number;
    readonly summary: Json;
  }[];
  readonly "metadata-log": readonly { readonly "metadata-file": string }[];
}

/** The table metadata that the hint names. */
export function lastMetadata(objects: Objects): Metadata {
  const hint = Buffer.from(objects.get("metadata/version-hint.text") ?? []).toString();
  const name = /^\d+$/.test(hint) ? `v${hint}` : hint;
  const bytes = objects.get(`metadata/${name}.metadata.json`) ?? [];
  return JSON.parse(Buffer.from(bytes).toString()) as Metadata;
}

/** An entry of a manifest. */
export interface ManifestEntry {
  readonly status: number;
  readonly snapshot_id: number;
  readonly sequence_number: number | null;
  readonly data_file: {
    readonly file_path: string;
    readonly partition: Readonly<Record<string, number | null>>;
    readonly record_count: number;
  };
}

/** The manifests of a snapshot, with their entries. */
export async function manifestsOf(
  objects: Objects,
  snapshot: Metadata["snapshots"][number],
  location: string,
): Promise<{ readonly listed: Json; readonly entries: readonly ManifestEntry[] }[]> {
  const at = (path: unknown) => objects.get(String(path).slice(location.length + 1));
  const listed = await avroRows<Json>(at(snapshot["manifest-list"]));
  return await Promise.all(
    listed.map(async (each) => {
      const bytes = at(each["manifest_path"]);
      return { listed: each, entries: await avroRows<ManifestEntry>(bytes) };
    }),
  );
}

/** The paths of a snapshot's files, sorted. */
export async function icebergFiles(
  objects: Objects,
  snapshot: Metadata["snapshots"][number],
  location: string,
): Promise<string[]> {
  const manifests = await manifestsOf(objects, snapshot, location);
  const live = manifests.flatMap(({ entries }) => entries).filter(({ status }) => status !== 2);
  return live.map(({ data_file }) => data_file.file_path.slice(location.length + 1)).sort();
}

async function avroRows<T>(bytes: Uint8Array | undefined): Promise<T[]> {
  if (bytes === undefined) {
    throw new TypeError("The object is not there.");
  }
  const rows: T[] = [];
  for await (const row of Readable.from([Buffer.from(bytes)]).pipe(new streams.BlockDecoder())) {
    rows.push(row as T);
  }
  return rows;
}
