/** Rewrites a bronze object without some of its records. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import type { Table } from "@lakehouse/transforms/contract/table";
import { countRecords } from "@lakehouse/transforms/decode/count-records";
import { Damage, decompress, peek } from "@lakehouse/transforms/decode/decompress";
import { forgottenRecord } from "@lakehouse/transforms/decode/forgotten";
import { DataError } from "../../errors.ts";
import type { PlannedObject } from "./plan.ts";

/** The checksum and the length at the end of gzip data. */
const gzipTrailerBytes = 8;

/**
 * Puts `forgottenRecord` in the place of records. An object that is no longer the planned version is left alone: an earlier
 * attempt rewrote it, or it was replaced.
 *
 * @returns Whether it was rewritten now.
 * @throws DataError if other records would be read differently.
 */
export async function rewriteObject(
  bronze: ObjectStore,
  table: Table,
  { key, etag, records, ranges }: PlannedObject,
  scratch: string,
): Promise<boolean> {
  const head = await bronze.head(key);
  if (head === undefined || head.etag !== etag || ranges.length === 0) {
    return false;
  }
  const directory = await mkdtemp(join(scratch, "forget-"));
  const path = join(directory, "object");
  try {
    const isGzip = await startsAsGzip(bronze, key);
    const state = { isDamaged: false };
    const bytes = Readable.from(
      without(
        decompress(() => bronze.read(key)),
        ranges,
        state,
      ),
    );
    await pipeline(bytes, isGzip ? createGzip() : new PassThrough(), createWriteStream(path));
    if (state.isDamaged && isGzip) {
      // It stays damaged, or nobody would know any longer that records are missing.
      await truncate(path, (await stat(path)).size - gzipTrailerBytes);
    }
    const found = await countRecords(async () => createReadStream(path), table);
    if (found !== records) {
      throw new DataError(
        `Without these records, ${JSON.stringify(key)} would be read as ${found} records instead of ${records}. It was not rewritten. `,
        "Broken records beside them are read together with them. Remove them from the object by hand, then run lakehouse forget again.",
      );
    }
    await bronze.put(key, { path }, { ifMatch: etag, metadata: head.metadata });
    return true;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function startsAsGzip(bronze: ObjectStore, key: string): Promise<boolean> {
  const source = await bronze.read(key);
  try {
    return (await peek<Buffer>(source)).gzip;
  } finally {
    source.destroy();
  }
}

async function* without(
  pieces: AsyncIterable<Uint8Array | Damage>,
  ranges: PlannedObject["ranges"],
  state: { isDamaged: boolean },
): AsyncGenerator<Uint8Array> {
  let offset = 0;
  let next = 0;
  for await (const piece of pieces) {
    if (piece instanceof Damage) {
      state.isDamaged = true;
      continue;
    }
    const end = offset + piece.length;
    let at = offset;
    while (at < end) {
      const [from, to] = ranges[next] ?? [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      if (at < from) {
        const until = Math.min(from, end);
        // Copied: the piece may be overwritten while this part is still waiting to be written.
        yield Buffer.from(piece.subarray(at - offset, until - offset));
        at = until;
      } else {
        if (at === from) {
          yield forgottenRecord;
        }
        at = Math.min(to, end);
        if (at === to) {
          next += 1;
        }
      }
    }
    offset = end;
  }
}
