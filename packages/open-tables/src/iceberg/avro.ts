/** Encodes Avro object container files. The same rows always give the same bytes. */
import { hash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import type { Schema } from "avsc";

/** A field of a record, with the id by which Iceberg finds it. */
export interface AvroField {
  readonly name: string;
  readonly type: AvroType;
  readonly "field-id": number;
  readonly default?: null;
}

/** The types that Iceberg's manifests need. */
export type AvroType =
  | "boolean"
  | "int"
  | "long"
  | "string"
  | "bytes"
  | { readonly type: "int"; readonly logicalType: "date" }
  | {
      readonly type: "array";
      readonly items: AvroType;
      readonly "element-id"?: number;
      readonly logicalType?: "map";
    }
  | { readonly type: "record"; readonly name: string; readonly fields: readonly AvroField[] }
  | readonly ["null", AvroType];

/** A field that has a value. */
export function required(id: number, name: string, type: AvroType): AvroField {
  return { name, type, "field-id": id };
}

/** A field that may be null. */
export function optional(id: number, name: string, type: AvroType): AvroField {
  return { name, type: ["null", type], default: null, "field-id": id };
}

/** A map with integer keys: Avro's own maps have strings only. */
export function mapType(keyId: number, valueId: number, value: AvroType): AvroType {
  const fields = [required(keyId, "key", "int"), required(valueId, "value", value)];
  const items = { type: "record", name: `k${keyId}_v${valueId}`, fields } as const;
  return { type: "array", logicalType: "map", items };
}

/**
 * Encodes a file.
 *
 * @param metadata Further entries of the header.
 */
export async function avroFile(
  type: AvroType,
  rows: readonly unknown[],
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  // Loaded when it is needed, because Lambda pays for it at each cold start.
  const { streams } = await import("avsc");
  const schema = type as Schema;
  const entries = Object.entries(metadata);
  // avsc's types lack `metadata`.
  const options = {
    codec: "deflate",
    writeHeader: "always",
    // The marker between blocks is random by default.
    syncMarker: Buffer.from(hash("md5", JSON.stringify([type, entries])), "hex"),
    metadata: Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value)])),
  } as const;
  const encoder = new streams.BlockEncoder(schema, options);
  const bytes = buffer(encoder);
  for (const row of rows) {
    encoder.write(row);
  }
  encoder.end();
  return await bytes;
}
