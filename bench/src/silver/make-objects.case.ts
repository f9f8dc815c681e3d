/** Writes the silver benchmark's bronze objects. */

import { createWriteStream } from "node:fs";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { seededRandom } from "@lakehouse/tables/random";
import { type Facts, serve } from "../child/serve.ts";
import { bronzeKey, type ObjectName } from "./layout.ts";
import { lines } from "./lines.ts";

const seed = 20_240_229;
const badShare = 0.02;
const linesPerChunk = 1_000;

/** What to write. */
export interface ObjectsOrder {
  readonly lake: string;
  readonly mebibytes: number;
  readonly repeats: number;
}

serve(async (input) => {
  const { lake, mebibytes, repeats } = JSON.parse(input) as ObjectsOrder;
  const store = new DirectoryStore(join(lake, "bronze"));
  await mkdir(lake, { recursive: true });
  const put = (name: ObjectName, path: string) => store.put(bronzeKey(name), { path });

  const clean = join(lake, "clean.gz");
  const facts: Record<string, number> = { clean: await write(clean, mebibytes, 0) };
  const member = await readFile(clean);
  await put("clean", clean);

  const dirty = join(lake, "dirty.gz");
  facts["dirty"] = await write(dirty, mebibytes, badShare);
  await put("dirty", dirty);

  const large = join(lake, "large.gz");
  for (let count = 0; count < repeats; count++) {
    await appendFile(large, member);
  }
  await put("large", large);
  return facts satisfies Facts;
});

/** @returns How many lines. */
async function write(path: string, mebibytes: number, share: number): Promise<number> {
  let count = 0;
  function* chunks(): Generator<string> {
    let chunk: string[] = [];
    for (const line of lines(mebibytes * 2 ** 20, share, seededRandom(seed))) {
      count++;
      if (chunk.push(line) < linesPerChunk) {
        continue;
      }
      yield chunk.join("");
      chunk = [];
    }
    yield chunk.join("");
  }
  await pipeline(Readable.from(chunks()), createGzip(), createWriteStream(path));
  return count;
}
