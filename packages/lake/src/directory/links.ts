/** Finds where the links in a directory store lead. */
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

/** The real paths of all files and folders that links below the folder lead to. Hidden files and broken links don't count. */
export async function linkedPaths(folder: string): Promise<string[]> {
  const found = new Set<string>();
  await collect(folder, found);
  return [...found];
}

async function collect(folder: string, found: Set<string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) {
      continue;
    }
    if (entry.isDirectory()) {
      await collect(path, found);
    } else if (entry.isSymbolicLink()) {
      const target = await realpath(path).catch(() => undefined);
      if (target !== undefined && !found.has(target)) {
        found.add(target);
        if ((await stat(target)).isDirectory()) {
          await collect(target, found);
        }
      }
    }
  }
}
