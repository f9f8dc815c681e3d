/** The order of texts by their UTF-8 bytes: the order of S3 listings, DuckDB and Polars. */

/**
 * Compares two texts by their UTF-8 bytes, where `<` would compare UTF-16 code units.
 * @returns Below, above or equal to 0, as for `Array.prototype.sort`.
 */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
