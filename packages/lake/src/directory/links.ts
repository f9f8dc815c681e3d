/** Finds where the links in a directory store lead. */
import { type Dirent, readdirSync } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

/** A long search yields to the event loop after this many folders. */
const foldersPerTurn = 100;

/** The real paths of all files and folders that links below the folder lead to. Hidden files and broken links don't count. */
export async function linkedPaths(folder: string): Promise<string[]> {
  const found = new Set<string>();
  const folders = [folder];
  let count = 0;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for (const entry of entriesOf(next)) {
      const path = join(next, entry.name);
      if (entry.name.startsWith(".")) {
        continue;
      }
      if (entry.isDirectory()) {
        folders.push(path);
      } else if (entry.isSymbolicLink()) {
        const target = await realpath(path).catch(() => undefined);
        if (target !== undefined && !found.has(target)) {
          found.add(target);
          if ((await stat(target)).isDirectory()) {
            folders.push(target);
          }
        }
      }
    }
    count += 1;
    if (count % foldersPerTurn === 0) {
      await nextTurn();
    }
  }
  return [...found];
}

/** The entries of a folder. Another thread would take longer than reading a small folder takes. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}
