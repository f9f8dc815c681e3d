/** Counts an object's records without reading their values: what an audit holds the receipts against. */
import { decompress } from "./decompress.ts";
import { RecordReader } from "./record-reader.ts";
import { Scanner } from "./scanner.ts";

/**
 * Counts the records of a bronze object; damage counts as one, as in quarantine.
 *
 * @param open Opens the object's bytes, compressed or not.
 */
export async function countRecords(
  open: () => Promise<AsyncIterable<Uint8Array>>,
): Promise<number> {
  let records = 0;
  let tail = false;
  const scanner = new Scanner(undefined, 0, 0, false);
  const reader = new RecordReader(scanner, {
    record(kind) {
      records++;
      tail = kind === "tail";
      return false;
    },
    flush() {},
  });
  const bytes = decompress(open);
  for (;;) {
    const { done, value } = await bytes.next();
    if (done === true) {
      run(reader.end());
      return records + (value !== undefined && !tail ? 1 : 0);
    }
    run(reader.write(value));
  }
}

/** To its end: nothing is kept of what it has lent. */
function run(reading: Iterator<void>): void {
  while (reading.next().done !== true) {}
}
