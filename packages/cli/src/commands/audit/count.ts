/** Counts what is in silver and quarantine objects, sharing no code with what wrote them. */
import type { ObjectStore } from "@lakehouse/lake/object-store";
import pl from "nodejs-polars";
import { removeCopy } from "../../local-copies.ts";

const lineFeed = 0x0a;
const quote = 0x22;

/** The rows of a silver object. */
export async function countRows(
  silver: ObjectStore,
  key: string,
  scratch: string,
): Promise<number> {
  if (!key.endsWith(".parquet")) {
    return countCsvRows(await silver.read(key));
  }
  const path = await silver.download(key, scratch);
  try {
    const counted = await pl.scanParquet(path).select(pl.len()).collect();
    return Number(counted.row(0)[0]);
  } finally {
    await removeCopy(path, scratch);
  }
}

/** The rows of a CSV after its header: line breaks outside quotes. */
export async function countCsvRows(source: AsyncIterable<Uint8Array>): Promise<number> {
  let rows = -1;
  let quoted = false;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte === quote) {
        quoted = !quoted;
      } else if (byte === lineFeed && !quoted) {
        rows += 1;
      }
    }
  }
  return Math.max(rows, 0);
}

/** Lines, each with its newline. */
export async function countLines(source: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0;
  for await (const chunk of source) {
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) {
      lines += 1;
    }
  }
  return lines;
}
