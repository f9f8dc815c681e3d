/** Checkpoints of a Delta log: a Parquet file with every action that still counts, so that readers skip older entries. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { application } from "../application.ts";
import type { Step } from "../open-table-format.ts";
import { type Action, addOf, protocol, removeOf, transactionOf } from "./actions.ts";
import type { MetaData } from "./schema.ts";

/** A column of a checkpoint: a type of Parquet, a struct, or a map or a list of strings. */
type Shape =
  | "INT32"
  | "INT64"
  | "BOOLEAN"
  | "STRING"
  | "MAP"
  | "LIST"
  | { readonly [name: string]: Shape };

const shapes = {
  protocol: { minReaderVersion: "INT32", minWriterVersion: "INT32" },
  metaData: {
    id: "STRING",
    name: "STRING",
    description: "STRING",
    format: { provider: "STRING", options: "MAP" },
    schemaString: "STRING",
    partitionColumns: "LIST",
    createdTime: "INT64",
    configuration: "MAP",
  },
  txn: { appId: "STRING", version: "INT64", lastUpdated: "INT64" },
  add: {
    path: "STRING",
    partitionValues: "MAP",
    size: "INT64",
    modificationTime: "INT64",
    dataChange: "BOOLEAN",
    stats: "STRING",
  },
  remove: { path: "STRING", deletionTimestamp: "INT64", dataChange: "BOOLEAN" },
} satisfies Readonly<Record<string, Shape>>;

type Schema = NonNullable<Parameters<typeof parquetWriteBuffer>[0]["schema"]>;

/** Encodes a checkpoint of a version. */
export function checkpointOf(
  step: Step,
  metaData: MetaData,
): { readonly bytes: Uint8Array; readonly actions: number } {
  const { schema, files, tombstones } = step;
  const actions: readonly Action[] = [
    { protocol },
    { metaData },
    { txn: transactionOf(step) },
    ...[...files.values()].map((file) => ({ add: addOf(schema, file, false) })),
    ...tombstones.map((file) => ({ remove: removeOf(file, false) })),
  ];
  const rows = actions.map(
    (action) => parquetValue(shapes, action) as Readonly<Record<string, unknown>>,
  );
  const names = Object.keys(shapes);
  const bytes = parquetWriteBuffer({
    columnData: names.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) })),
    schema: [{ name: "root", num_children: names.length }, ...elementsOf(shapes)],
    createdBy: application,
  });
  return { bytes: new Uint8Array(bytes), actions: actions.length };
}

const text = { type: "BYTE_ARRAY", converted_type: "UTF8" } as const;

/** The elements of a Parquet schema. */
function elementsOf(fields: { readonly [name: string]: Shape }): Schema {
  return Object.entries(fields).flatMap(([name, shape]) => elementOf(name, shape));
}

/** The element of a column or field, and those in it. They are optional. */
function elementOf(name: string, shape: Shape): Schema {
  const optional = { name, repetition_type: "OPTIONAL" } as const;
  if (typeof shape === "object") {
    return [{ ...optional, num_children: Object.keys(shape).length }, ...elementsOf(shape)];
  }
  switch (shape) {
    case "STRING":
      return [{ ...optional, ...text }];
    case "MAP":
      return [
        { ...optional, converted_type: "MAP", num_children: 1 },
        { name: "key_value", repetition_type: "REPEATED", num_children: 2 },
        { name: "key", repetition_type: "REQUIRED", ...text },
        { name: "value", repetition_type: "OPTIONAL", ...text },
      ];
    case "LIST":
      return [
        { ...optional, converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", repetition_type: "OPTIONAL", ...text },
      ];
    case "INT32":
    case "INT64":
    case "BOOLEAN":
      return [{ ...optional, type: shape }];
  }
}

/** A value as the Parquet writer takes it: 64-bit integers are bigints. Fields that a checkpoint lacks are left out. */
function parquetValue(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (typeof shape === "object") {
    const members = value as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
      Object.entries(shape).map(([name, inner]) => [name, parquetValue(inner, members[name])]),
    );
  }
  return shape === "INT64" ? BigInt(value as number) : value;
}
