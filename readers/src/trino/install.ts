/** Installs Trino, the engine of Athena, from Maven Central. */
import { readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { installed } from "../cache.ts";
import { download } from "../maven.ts";

const version = "476";
/** Trino 476 refuses an earlier one. */
export const javaVersions = { minimum: 24 };
/** Each of the others takes start-up time and disk. */
const plugins = ["delta-lake", "hive", "iceberg"];

/** Returns Trino's folder, with `lib` and `plugin`. The first call downloads 821 MB and keeps 500 MB. */
export async function installTrino(): Promise<string> {
  return await installed(`trino-${version}`, async (folder) => {
    const repository = join(folder, "maven");
    const archive = await download(
      { group: "io.trino", name: "trino-server", version, packaging: "tar.gz" },
      repository,
    );
    // All of it: files that plugins share are hard links to the first one.
    const unpacked = join(folder, "unpacked");
    await execa("mkdir", [unpacked]);
    await execa("tar", ["-xzf", archive, "-C", unpacked, "--strip-components=1"]);
    await rename(join(unpacked, "lib"), join(folder, "lib"));
    await rename(join(unpacked, "plugin"), join(folder, "plugin"));
    for (const plugin of await readdir(join(folder, "plugin"))) {
      if (!plugins.includes(plugin)) {
        await rm(join(folder, "plugin", plugin), { recursive: true });
      }
    }
    await rm(unpacked, { recursive: true });
    await rm(repository, { recursive: true });
  });
}
