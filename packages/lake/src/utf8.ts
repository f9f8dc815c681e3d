/** The order of strings by their UTF-8 bytes, which is the order of S3 listings, DuckDB and Polars. */

/**
 * Compares two strings by their UTF-8 bytes. `<` would compare UTF-16 code units.
 * @returns A number below, above or equal to 0, as for `Array.prototype.sort`.
 */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
