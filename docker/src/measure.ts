/** How large the files of an image are. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** The files below a folder with their sizes in bytes, the largest first. */
export async function sizesOf(folder: string): Promise<ReadonlyMap<string, number>> {
  const entries = await readdir(folder, { recursive: true });
  const sizes: [string, number][] = [];
  for (const path of entries) {
    const stats = await stat(join(folder, path));
    if (stats.isFile()) {
      sizes.push([path.replaceAll("\\", "/"), stats.size]);
    }
  }
  return new Map(sizes.sort(([, one], [, other]) => other - one));
}

/** @returns MiB. */
export function totalMib(sizes: ReadonlyMap<string, number>): number {
  return sizes.values().reduce((total, size) => total + size, 0) / 1024 / 1024;
}
