/** Empty Iceberg tables that another program fills, and what it has written to them. Their data files can become those of a table of ours. */
import { signedInteger } from "@lakehouse/transforms/types/bounds";
import { formatValue } from "@lakehouse/transforms/types/column-type";
import { type ColumnType, definitionOf } from "@lakehouse/transforms/types/types";
import type { ColumnStatistics, DataFile } from "../data-file.ts";
import type { OpenObject } from "../open-table-format.ts";
import type { TableSchema } from "../table-schema.ts";
import { readAvro } from "./read-avro.ts";
import { type IcebergSchema, withSchema } from "./schema.ts";

/** An empty table to make. */
export interface ScratchTable {
  /** A UUID. */
  readonly id: string;
  /** The address of its folder, without a slash at the end. */
  readonly location: string;
  /** Its columns may be null, whatever the schema says: nobody has checked them yet. */
  readonly schema: Pick<TableSchema, "columns">;
}

/** Another program has not written what was expected. */
export class ScratchTableError extends Error {
  override readonly name = "ScratchTableError";
}

/** The metadata of the empty table. The key is relative to its folder. */
export function scratchMetadata({ id, location, schema }: ScratchTable): OpenObject {
  const current = icebergSchema(schema);
  const metadata = {
    "format-version": 2,
    "table-uuid": id,
    location,
    "last-sequence-number": 0,
    // Writers refuse a table that was changed later than their clock says.
    "last-updated-ms": 0,
    "last-column-id": Math.max(0, ...schema.columns.map((column) => column.id)),
    schemas: [current],
    "current-schema-id": current["schema-id"],
    "partition-specs": [{ "spec-id": 0, fields: [] }],
    "default-spec-id": 0,
    "last-partition-id": 999,
    "sort-orders": [{ "order-id": 0, fields: [] }],
    "default-sort-order-id": 0,
    properties: {
      "write.format.default": "parquet",
      "write.parquet.compression-codec": "zstd",
      // By default, only the first 100 columns have numbers of nulls.
      "write.metadata.metrics.default": "full",
    },
    "current-snapshot-id": -1,
    snapshots: [],
    "snapshot-log": [],
    "metadata-log": [],
    refs: {},
  };
  const bytes = Buffer.from(JSON.stringify(metadata));
  return { key: `metadata/00000-${id}.metadata.json`, bytes };
}

function icebergSchema({ columns }: Pick<TableSchema, "columns">): IcebergSchema {
  const nullable = columns.map(({ description: _, ...column }) => ({ ...column, nullable: true }));
  return withSchema([], { name: "", description: "", columns: nullable }).current;
}

/** What metadata says of a table, as far as it matters here. */
interface FoundMetadata {
  readonly "table-uuid"?: string;
  readonly location?: string;
  readonly schemas?: readonly IcebergSchema[];
  readonly "current-schema-id"?: number;
  readonly "partition-specs"?: readonly { readonly fields: readonly unknown[] }[];
  readonly snapshots?: readonly {
    readonly "manifest-list"?: string;
    readonly summary?: Readonly<Record<string, string>>;
  }[];
}

/**
 * Finds the data files that one statement has written to a scratch table. Only metadata is read.
 *
 * @param metadata The content of its current metadata file.
 * @param read Reads an object of metadata by its address.
 * @returns The files, sorted, with paths relative to the table's folder. None if it still is empty.
 * @throws ScratchTableError if it is not the table that was made, or has anything else than such files.
 */
export async function scratchFiles(
  table: ScratchTable,
  metadata: Uint8Array,
  read: (address: string) => Promise<Uint8Array>,
): Promise<readonly DataFile[]> {
  const found = JSON.parse(Buffer.from(metadata).toString()) as FoundMetadata;
  checkTable(table, found);
  const [snapshot, ...more] = found.snapshots ?? [];
  if (snapshot === undefined) {
    return [];
  }
  if (more.length > 0) {
    throw new ScratchTableError("it was written more than once");
  }
  const manifests = await readRows(read, snapshot["manifest-list"] ?? "");
  const files: DataFile[] = [];
  for (const manifest of manifests) {
    if (Number(manifest["content"]) !== 0) {
      throw new ScratchTableError("it has lists of deleted rows");
    }
    for (const entry of await readRows(read, String(manifest["manifest_path"]))) {
      files.push(fileOf(table, entry));
    }
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const total = Number(snapshot.summary?.["total-records"] ?? rows);
  if (rows !== total || new Set(files.map(({ path }) => path)).size !== files.length) {
    throw new ScratchTableError(`its files have ${rows} rows, but it has ${total}`);
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function checkTable({ id, location, schema }: ScratchTable, found: FoundMetadata): void {
  const current = found.schemas?.find((each) => each["schema-id"] === found["current-schema-id"]);
  const fieldsOf = ({ fields }: Pick<IcebergSchema, "fields">) =>
    JSON.stringify(fields.map((field) => [field.id, field.name, field.type.replace(" ", "")]));
  if (found["table-uuid"] !== id || found.location?.replace(/\/$/, "") !== location) {
    throw new ScratchTableError("it is another table");
  }
  if (current === undefined || fieldsOf(current) !== fieldsOf(icebergSchema(schema))) {
    throw new ScratchTableError("its columns are not those that it was made with");
  }
  if (found["partition-specs"]?.some(({ fields }) => fields.length > 0)) {
    throw new ScratchTableError("it is partitioned");
  }
}

type Row = Readonly<Record<string, unknown>>;

async function readRows(
  read: (address: string) => Promise<Uint8Array>,
  address: string,
): Promise<readonly Row[]> {
  return (await readAvro(await read(address))) as readonly Row[];
}

/** Whether an object is in a folder, with a name that every program reads alike. */
function isBelow(location: string, address: string): boolean {
  return (
    address.startsWith(`${location}/`) &&
    !/\/\.{0,2}\/|[?#%\s]/.test(address.slice(location.length))
  );
}

/** An entry of a map with integer keys. */
interface Metric {
  readonly key: number;
  readonly value: unknown;
}

function fileOf({ location, schema }: ScratchTable, entry: Row): DataFile {
  const file = entry["data_file"] as Row;
  const address = String(file["file_path"]);
  const format = String(file["file_format"]).toUpperCase();
  const isAdded = Number(entry["status"]) === 1 && Number(file["content"] ?? 0) === 0;
  if (!isAdded || format !== "PARQUET" || !isBelow(location, address)) {
    throw new ScratchTableError(`${address} is no Parquet file that was added to its folder`);
  }
  const metric = (name: string, id: number): unknown =>
    ((file[name] ?? []) as readonly Metric[]).find(({ key }) => key === id)?.value;
  const columns = schema.columns.map(({ id, name, type }) => {
    const nulls = metric("null_value_counts", id);
    const bytes = metric("column_sizes", id);
    const statistics: ColumnStatistics = {
      nulls: nulls === undefined ? undefined : Number(nulls),
      min: boundOf(name, type, metric("lower_bounds", id)),
      max: boundOf(name, type, metric("upper_bounds", id)),
      ...(bytes !== undefined && { bytes: Number(bytes) }),
    };
    return [name, statistics] as const;
  });
  return {
    path: address.slice(location.length + 1),
    partition: "",
    rows: Number(file["record_count"]),
    bytes: Number(file["file_size_in_bytes"]),
    columns: Object.fromEntries(columns),
  };
}

/**
 * The canonical text of a bound. Only of types whose bounds are exact: text may have been shortened, and programs differ in NaN and in the
 * two zeros.
 *
 * @throws ScratchTableError if it is no value of the type: Athena has years before 1 and after 9999.
 */
function boundOf(column: string, type: ColumnType, bound: unknown): string | undefined {
  const value = bound instanceof Uint8Array ? numberOf(type, bound) : undefined;
  if (value === undefined) {
    return undefined;
  }
  const [least = 0n, greatest = 0n] = definitionOf(type).extremes(type).map(BigInt);
  if (value < least || value > greatest) {
    const limits = [least, greatest].map((each) => formatValue(type, each)).join(" to ");
    throw new ScratchTableError(`column ${column} has values that are not from ${limits}`);
  }
  return formatValue(type, value);
}

function numberOf({ kind }: ColumnType, bound: Uint8Array): bigint | undefined {
  switch (kind) {
    case "int32":
    case "int64":
    case "date":
    case "timestamp":
      return signedInteger(bound.toReversed());
    case "decimal":
      return signedInteger(bound);
    default:
      return undefined;
  }
}
