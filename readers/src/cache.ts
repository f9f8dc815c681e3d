/** Installs programs on demand into a folder outside the clone. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./runtime.ts";

/**
 * Returns the folder of an installed program, and installs it first if it is missing. A folder is there whole or not at
 * all, also if two runs install at the same time.
 *
 * @param name Names the program and its version.
 * @param install Puts the program into an empty folder.
 */
export async function installed(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const cache = cacheFolder();
  const folder = join(cache, name);
  if (existsSync(folder)) {
    return folder;
  }
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, "unfinished-"));
  try {
    await install(unfinished);
    await rename(unfinished, folder).catch((error: unknown) => {
      // Another run was faster.
      if (!existsSync(folder)) {
        throw error;
      }
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}
