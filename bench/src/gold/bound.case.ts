/**
 * What a gold run can't do without, for the files that Polars' script has written: it lists gold, puts what was written into the
 * store, and digests what it reads of earlier runs.
 */

import { globSync } from "node:fs";
import { cp, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { digestOfFile } from "@lakehouse/lake/digest";
import { DirectoryStore } from "@lakehouse/lake/directory-store";
import { serve } from "../child/serve.ts";
import type { BoundOrder } from "./layout.ts";

/** Gold's concurrency. */
const atOnce = 16;

serve(async (input) => {
  const { target, store, since } = JSON.parse(input) as BoundOrder;
  const copies = `${store}-files`;
  const names = globSync("**/*.{csv,parquet}", { cwd: target });
  const times = new Map<string, number>();
  for (const name of names) {
    times.set(name, (await stat(join(target, name))).mtimeMs);
  }
  const isNew = (name: string) => (times.get(name) ?? 0) >= since;
  const written = names.filter(isNew);
  await mkdir(copies, { recursive: true });
  for (const name of written) {
    await cp(join(target, name), join(copies, name));
  }
  const objects = new DirectoryStore(store);
  const list = await used(async () => {
    for await (const _ of objects.list("")) {
      // Listing is all.
    }
  });
  const put = await used(async () => {
    const left = [...written];
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) {
          await objects.put(name, { path: join(copies, name) });
        }
      }),
    );
  });
  const read = names.filter((name) => name.startsWith("customer_daily/") && !isNew(name));
  const digest = await used(async () => {
    for (const name of read) {
      await digestOfFile(join(target, name));
    }
  });
  return { list, put, digest, written: written.length, read: read.length };
});

/** The processor time that it takes, in milliseconds. */
async function used(action: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
