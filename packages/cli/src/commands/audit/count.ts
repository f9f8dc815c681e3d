/** Counts the contents of silver and quarantine objects. Shares no code with their writers. */
import { formatOfFile } from "@lakehouse/formats/formats";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { digestedObject, digestOfFile } from "@lakehouse/lake/digest";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { removeCopy } from "../../local-copies.ts";

const lineFeed = 0x0a;
/** The end of an entry that holds several records. The end of any other is `]}`. */
const severalRecords = /,"records":(\d+)\}$/;
const endBytes = 32;

/** Counts the rows of a silver object, and digests its content (SHA-256). */
export async function countRows(
  silver: ObjectStore,
  key: string,
  scratch: string,
): Promise<{ readonly rows: number; readonly sha256: string }> {
  const object = digestedObject(() => silver.read(key));
  let copy: string | undefined;
  try {
    const rows = await nativeFormats[formatOfFile(key)].countRows({
      stream: () => object.open(),
      localPath: async () => {
        copy = await silver.download(key, scratch);
        return copy;
      },
    });
    return { rows, sha256: copy === undefined ? await object.digest() : await digestOfFile(copy) };
  } finally {
    if (copy !== undefined) {
      await removeCopy(copy, scratch);
    }
  }
}

/** Counts the records of a quarantine object: one a line, or as many as the end of the line says. */
export async function countRefused(source: AsyncIterable<Uint8Array>): Promise<number> {
  let records = 0;
  let before = Buffer.alloc(0);
  for await (const chunk of source) {
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) {
      const end = Buffer.concat([before, chunk.subarray(Math.max(0, at - endBytes), at)]);
      records += Number(severalRecords.exec(end.toString("latin1"))?.[1] ?? 1);
    }
    before = Buffer.concat([before, chunk.subarray(-endBytes)]).subarray(-endBytes);
  }
  return records;
}
