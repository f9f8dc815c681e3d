/** Objects as local files: copies in the scratch folder, or the objects themselves if the lake is a directory. */
import { rm } from "node:fs/promises";
import { sep } from "node:path";
import type { ObjectStore } from "@lakehouse/lake/object-store";
import pMap from "p-map";
import type { Context } from "./context.ts";

const concurrency = 8;

/** @returns The paths, in the order of the keys. */
export async function localCopies(
  { scratch, signal, progress }: Context,
  store: ObjectStore,
  keys: readonly string[],
): Promise<string[]> {
  const task = progress.start("reading", "files", keys.length);
  const one = async (key: string): Promise<string> => {
    signal.throwIfAborted();
    const path = await store.download(key, scratch);
    task.advance(1);
    return path;
  };
  try {
    return await pMap(keys, one, { concurrency });
  } finally {
    task.end();
  }
}

/** Removes a file that `localCopies` returned, unless it is the object itself. */
export async function removeCopy(path: string, scratch: string): Promise<void> {
  if (path.startsWith(scratch + sep)) {
    await rm(path, { force: true });
  }
}
