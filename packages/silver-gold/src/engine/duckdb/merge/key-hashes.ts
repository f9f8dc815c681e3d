/** Hashes of keys, for Bloom filters. They are stored, so every version of DuckDB must make the same. */
import type { DuckDBConnection } from "@duckdb/node-api";
import type { ColumnType } from "@lakehouse/transforms/types/types";
import type { Hashes } from "../../bloom-filter.ts";

/** Kinds whose values DuckDB has always written the same way. */
const stableKinds: ReadonlySet<ColumnType["kind"]> = new Set([
  "string",
  "int32",
  "int64",
  "date",
  "uuid",
]);

/** Whether keys with columns of these types have hashes. */
export function haveHashes(types: readonly (ColumnType | undefined)[]): boolean {
  return types.length > 0 && types.every((type) => type && stableKinds.has(type.kind));
}

/**
 * Hashes keys.
 *
 * @param key The columns of the key. Keys with the same hash are only looked for in vain.
 * @param rows What to select them from.
 * @param count Their number.
 */
export async function hashKeys(
  connection: DuckDBConnection,
  key: readonly string[],
  rows: string,
  count: number,
): Promise<Hashes> {
  const texts = key.map((column) => `${column}::VARCHAR`);
  const result = await connection.stream(
    // Materialized, or each hash would be made twice.
    `with hashed as materialized (select md5_number_lower(concat_ws(' ', ${texts.join(", ")})) as hash from ${rows})
     select (hash & 4294967295)::UINTEGER, (hash >> 32)::UINTEGER from hashed`,
  );
  const hashes = { low: new Uint32Array(count), high: new Uint32Array(count) };
  let filled = 0;
  for await (const chunk of result) {
    const [low, high] = [chunk.getColumnVector(0), chunk.getColumnVector(1)];
    for (let row = 0; row < chunk.rowCount; row += 1) {
      hashes.low[filled] = Number(low.getItem(row));
      hashes.high[filled] = Number(high.getItem(row));
      filled += 1;
    }
  }
  if (filled !== count) {
    throw new Error(`There are ${filled} keys instead of ${count}.`);
  }
  return hashes;
}
