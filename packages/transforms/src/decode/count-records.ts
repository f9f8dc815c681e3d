/** Counts an object's records without reading their values. The audit compares receipts with the count. */
import type { Path } from "../contract/path.ts";
import { decompress } from "./decompress.ts";
import { readRecords } from "./record-reader.ts";

/**
 * Counts the records of a bronze object. Damage counts as one record, as in quarantine.
 *
 * @param unwrap The array that holds the records, as in the table's contract.
 * @param open Opens the object's bytes, compressed or not.
 */
export async function countRecords(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  unwrap?: Path,
): Promise<number> {
  let count = 0;
  for await (const records of readRecords(decompress(open), {
    columns: [],
    unknownColumns: "ignore",
    unwrap,
  })) {
    while (records.next() !== undefined) {
      count++;
    }
  }
  return count;
}
