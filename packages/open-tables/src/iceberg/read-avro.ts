/** Reads Avro object container files that other programs wrote. */
import type { Type } from "avsc";

/**
 * Reads the rows of a file. Whole numbers of 64 bits are bigints: other programs' ids are larger than a double holds.
 *
 * @throws Error if it is no such file, or is damaged.
 */
export async function readAvro(bytes: Uint8Array): Promise<readonly unknown[]> {
  // Loaded when it is needed, like the encoder.
  const { streams, types, Type } = await import("avsc");
  const long = types.LongType.__with({
    fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const buffer = Buffer.alloc(8);
      buffer.writeBigInt64LE(value);
      return buffer;
    },
    fromJSON: BigInt,
    toJSON: Number,
    isValid: (value: unknown) => typeof value === "bigint",
    compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
  });
  const decoder = new streams.BlockDecoder({
    parseHook: (schema): Type => Type.forSchema(schema, { registry: { long } }),
  });
  const rows: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  decoder
    .on("data", (row: unknown) => rows.push(row))
    .on("end", resolve)
    .on("error", reject);
  decoder.end(bytes);
  await promise;
  return rows;
}
