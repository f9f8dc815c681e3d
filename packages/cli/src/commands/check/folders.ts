/** Where the user's tables are. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The repository's folder. The command's bundle is somewhere in it. */
export const repository = above(import.meta.dirname);

/** The folder with the tables' folders. */
export const tablesFolder = join(repository, "packages/tables/src");

function above(folder: string): string {
  const isRoot = existsSync(join(folder, "pnpm-workspace.yaml")) || dirname(folder) === folder;
  return isRoot ? folder : above(dirname(folder));
}
