/** Iceberg's manifests: lists of data files, and lists of manifests. */
import { int32Bytes } from "@lakehouse/transforms/types/bounds";
import type { TableFile } from "../open-table-format.ts";
import { partitionNumber } from "../partition-value.ts";
import type { TableSchema } from "../table-schema.ts";
import { type AvroType, avroFile, mapType, optional, required } from "./avro.ts";
import { metricsOf } from "./metrics.ts";
import { type PartitionSpec, specFields } from "./partition-spec.ts";
import type { IcebergSchema } from "./schema.ts";

/** A manifest, and what a list of manifests says about it. */
export interface Manifest {
  /** Relative to the table's folder. */
  readonly key: string;
  readonly bytes: number;
  readonly spec: number;
  /** The snapshot that added it. */
  readonly snapshot: number;
  readonly sequence: number;
  /** The lowest sequence number of a file in it. */
  readonly lowestSequence: number;
  readonly counts: Readonly<Record<EntryStatus, { readonly files: number; readonly rows: number }>>;
  readonly partitions?: PartitionRange | undefined;
  /** The paths of its files that the table has, sorted. */
  readonly files: readonly string[];
}

/** The partitions of a manifest's files. */
interface PartitionRange {
  readonly hasNull: boolean;
  readonly lower?: number | undefined;
  readonly upper?: number | undefined;
}

/** What a snapshot did to a file. */
type EntryStatus = keyof typeof statuses;
const statuses = { existing: 0, added: 1, deleted: 2 } as const;

/** A file in a manifest. */
export interface Entry {
  readonly status: EntryStatus;
  readonly file: TableFile;
  /** The snapshot that did so. */
  readonly snapshot: number;
  /** The sequence number of the snapshot that added the file. */
  readonly sequence: number;
}

/** What all manifests of a snapshot have in common. */
export interface ManifestContext {
  readonly location: string;
  readonly schema: TableSchema;
  readonly icebergSchema: IcebergSchema;
  readonly snapshot: number;
  readonly sequence: number;
}

/** Encodes a manifest. */
export async function encodeManifest(
  context: ManifestContext,
  key: string,
  spec: PartitionSpec,
  entries: readonly Entry[],
): Promise<{ readonly manifest: Manifest; readonly bytes: Uint8Array }> {
  const { location, schema, icebergSchema, snapshot, sequence } = context;
  const rows = entries.map((entry) => ({
    status: statuses[entry.status],
    snapshot_id: entry.snapshot,
    // Files that this snapshot adds inherit its number.
    sequence_number: entry.status === "added" ? null : entry.sequence,
    file_sequence_number: entry.status === "added" ? null : entry.sequence,
    data_file: {
      content: 0,
      file_path: `${location}/${entry.file.path}`,
      file_format: "PARQUET",
      partition: partitionOf(spec, entry.file),
      record_count: entry.file.rows,
      file_size_in_bytes: entry.file.bytes,
      ...metricsOf(schema, entry.file),
    },
  }));
  const bytes = await avroFile(entryType(spec), rows, {
    schema: JSON.stringify(icebergSchema),
    "schema-id": String(icebergSchema["schema-id"]),
    "partition-spec": JSON.stringify(specFields(spec)),
    "partition-spec-id": String(spec.id),
    "format-version": "2",
    content: "data",
  });
  const count = (status: EntryStatus) => {
    const found = entries.filter((entry) => entry.status === status);
    return { files: found.length, rows: found.reduce((sum, { file }) => sum + file.rows, 0) };
  };
  const live = entries.filter(({ status }) => status !== "deleted");
  return {
    bytes,
    manifest: {
      key,
      bytes: bytes.length,
      spec: spec.id,
      snapshot,
      sequence,
      lowestSequence: Math.min(sequence, ...live.map((entry) => entry.sequence)),
      counts: { existing: count("existing"), added: count("added"), deleted: count("deleted") },
      partitions: rangeOf(spec, entries),
      files: live.map(({ file }) => file.path).sort(),
    },
  };
}

/** Encodes the list of a snapshot's manifests. */
export async function encodeManifestList(
  { location, snapshot, sequence }: ManifestContext,
  parent: number | undefined,
  manifests: readonly Manifest[],
): Promise<Uint8Array> {
  const rows = manifests.map((manifest) => {
    const { existing, added, deleted } = manifest.counts;
    return {
      manifest_path: `${location}/${manifest.key}`,
      manifest_length: manifest.bytes,
      partition_spec_id: manifest.spec,
      content: 0,
      sequence_number: manifest.sequence,
      min_sequence_number: manifest.lowestSequence,
      added_snapshot_id: manifest.snapshot,
      added_files_count: added.files,
      existing_files_count: existing.files,
      deleted_files_count: deleted.files,
      added_rows_count: added.rows,
      existing_rows_count: existing.rows,
      deleted_rows_count: deleted.rows,
      partitions: manifest.partitions === undefined ? [] : [encodedRange(manifest.partitions)],
    };
  });
  return await avroFile(listType, rows, {
    "snapshot-id": String(snapshot),
    "parent-snapshot-id": String(parent ?? null),
    "sequence-number": String(sequence),
    "format-version": "2",
  });
}

function partitionOf(
  { field }: PartitionSpec,
  file: TableFile,
): Readonly<Record<string, number | null>> {
  return field === undefined
    ? {}
    : { [field.name]: partitionNumber(field.partitionBy, file) ?? null };
}

function rangeOf({ field }: PartitionSpec, entries: readonly Entry[]): PartitionRange | undefined {
  if (field === undefined) {
    return undefined;
  }
  const values = entries.map(({ file }) => partitionNumber(field.partitionBy, file));
  const numbers = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return {
    hasNull: numbers.length < values.length,
    lower: numbers[0],
    upper: numbers.at(-1),
  };
}

function encodedRange({ hasNull, lower, upper }: PartitionRange) {
  const bound = (value: number | undefined) =>
    value === undefined ? null : Buffer.from(int32Bytes(BigInt(value)));
  return {
    contains_null: hasNull,
    contains_nan: false,
    lower_bound: bound(lower),
    upper_bound: bound(upper),
  };
}

function entryType({ field }: PartitionSpec): AvroType {
  const number: AvroType =
    field?.partitionBy.unit === "day" ? { type: "int", logicalType: "date" } : "int";
  const partition = field === undefined ? [] : [optional(field.id, field.name, number)];
  const fields = [
    required(134, "content", "int"),
    required(100, "file_path", "string"),
    required(101, "file_format", "string"),
    required(102, "partition", { type: "record", name: "r102", fields: partition }),
    required(103, "record_count", "long"),
    required(104, "file_size_in_bytes", "long"),
    optional(108, "column_sizes", mapType(117, 118, "long")),
    optional(109, "value_counts", mapType(119, 120, "long")),
    optional(110, "null_value_counts", mapType(121, 122, "long")),
    optional(125, "lower_bounds", mapType(126, 127, "bytes")),
    optional(128, "upper_bounds", mapType(129, 130, "bytes")),
  ];
  return {
    type: "record",
    name: "manifest_entry",
    fields: [
      required(0, "status", "int"),
      optional(1, "snapshot_id", "long"),
      optional(3, "sequence_number", "long"),
      optional(4, "file_sequence_number", "long"),
      required(2, "data_file", { type: "record", name: "r2", fields }),
    ],
  };
}

const listType: AvroType = {
  type: "record",
  name: "manifest_file",
  fields: [
    required(500, "manifest_path", "string"),
    required(501, "manifest_length", "long"),
    required(502, "partition_spec_id", "int"),
    required(517, "content", "int"),
    required(515, "sequence_number", "long"),
    required(516, "min_sequence_number", "long"),
    required(503, "added_snapshot_id", "long"),
    required(504, "added_files_count", "int"),
    required(505, "existing_files_count", "int"),
    required(506, "deleted_files_count", "int"),
    required(512, "added_rows_count", "long"),
    required(513, "existing_rows_count", "long"),
    required(514, "deleted_rows_count", "long"),
    optional(507, "partitions", {
      type: "array",
      "element-id": 508,
      items: {
        type: "record",
        name: "r508",
        fields: [
          required(509, "contains_null", "boolean"),
          optional(518, "contains_nan", "boolean"),
          optional(510, "lower_bound", "bytes"),
          optional(511, "upper_bound", "bytes"),
        ],
      },
    }),
  ],
};
