/** Installs chdb, ClickHouse in a process, from the npm registry. */
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { installed } from "../cache.ts";
import { ReaderUnavailableError } from "../errors.ts";

const version = "3.4.0";
/** Its `package.json` and lockfile. No package of the workspace depends on it: it takes 546 MB. */
const project = join(import.meta.dirname, "../../chdb");

/** Returns the folder with its `node_modules`. The first call downloads 178 MB. */
export async function installChdb(): Promise<string> {
  if (process.platform === "win32") {
    throw new ReaderUnavailableError("chdb has no package for Windows.");
  }
  return await installed(`chdb-${version}`, async (folder) => {
    await cp(project, folder, { recursive: true });
    const { failed, all } = await execa("pnpm", ["install", "--frozen-lockfile"], {
      all: true,
      cwd: folder,
      reject: false,
    });
    if (failed) {
      throw new ReaderUnavailableError(`pnpm installed no chdb: ${all}`);
    }
  });
}
