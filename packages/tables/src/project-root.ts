/** Finds the root of the user's project. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { rootFile } from "@lakehouse/transforms/project";

/** The nearest folder, from this one upwards, that is the root of a project; undefined if there is none. */
export function projectRoot(folder: string): string | undefined {
  if (existsSync(join(folder, rootFile))) {
    return folder;
  }
  const parent = dirname(folder);
  return parent === folder ? undefined : projectRoot(parent);
}
