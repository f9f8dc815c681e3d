/** Counts an object's records without reading their values. The audit compares receipts with the count. */
import { recordTable } from "../contract/personal.ts";
import type { Table } from "../contract/table.ts";
import { decompress } from "./decompress.ts";
import { readRecords } from "./record-reader.ts";

/**
 * Counts the records of a bronze object. Damage counts as one record, as in quarantine.
 *
 * @param table Where the records are. Without it, each value is one.
 * @param open Opens the object's bytes, compressed or not.
 */
export async function countRecords(
  open: () => Promise<AsyncIterable<Uint8Array>>,
  table?: Pick<Table, "columns" | "recordColumns" | "unwrap" | "source">,
): Promise<number> {
  let count = 0;
  for await (const records of readRecords(decompress(open), {
    columns: table?.source === undefined ? [] : recordTable(table).columns,
    unknownColumns: "ignore",
    unwrap: table?.unwrap,
    source: table?.source,
  })) {
    while (records.next() !== undefined) {
      count++;
    }
  }
  return count;
}
