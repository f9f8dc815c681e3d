/** Counts the contents of silver and quarantine objects. Shares no code with their writers. */
import { formatOfFile } from "@lakehouse/formats/formats";
import { nativeFormats } from "@lakehouse/formats/native-formats";
import { digestedObject, digestOfFile } from "@lakehouse/lake/digest";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import { removeCopy } from "../../local-copies.ts";

const lineFeed = 0x0a;

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

/** Counts lines. Each ends with a newline. */
export async function countLines(source: AsyncIterable<Uint8Array>): Promise<number> {
  let lines = 0;
  for await (const chunk of source) {
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, at + 1)) {
      lines += 1;
    }
  }
  return lines;
}
