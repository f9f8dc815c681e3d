/** A stand-in for AWS's base image, where that can't be pulled: a small Debian with Node, npm and the real runtime interface client. */
import { realpathSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { builtRic } from "../../src/ric.ts";
import type { Engine, Packages } from "./engine.ts";

export const standIn = "lakehouse-test-base:local";

/** busybox is the shell and its tools; apt and dpkg are there to be removed. */
const packages = ["libc6", "libgcc-s1", "libstdc++6", "busybox-static", "apt", "dpkg"];
const tools = "sh env cat cp find ln ls mkdir mv rm sed sleep stat test touch tr true [ id".split(
  " ",
);

/** As in AWS's image: with no handler in its environment, its entry point is given one as an argument. */
const entryPoint = `#!/bin/sh
export _HANDLER="$1"
exec /var/lang/bin/node /var/runtime/index.mjs
`;

/** Makes the stand-in, laid out as AWS's image is, and imports it into the engine. */
export async function importStandIn(engine: Engine, debian: Packages): Promise<void> {
  const root = join(engine.folder, "base");
  await debian.unpack(packages, root);
  const folders = ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var/lang/bin"];
  for (const folder of [...folders, "var/lang/lib/node_modules", "var/task"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, "tmp"), 0o1777);
  for (const tool of tools) await symlink("busybox", join(root, "bin", tool));
  await symlink("../../bin/busybox", join(root, "usr/bin/env"));
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await copyFile(process.execPath, join(root, "var/lang/bin/node"));
  await cp(npmFolder(), join(root, "var/lang/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"]) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, "var/lang/bin", name));
  }
  await cp(await builtRic(), join(root, "var/runtime"), { recursive: true });
  await writeFile(join(root, "lambda-entrypoint.sh"), entryPoint, { mode: 0o755 });
  const changes = [
    "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "WORKDIR /var/task",
    'ENTRYPOINT ["/lambda-entrypoint.sh"]',
  ].flatMap((change) => ["--change", change]);
  const tar = execa("tar", ["--create", "--directory", root, "."], {
    encoding: "buffer",
    buffer: false,
  });
  await tar.pipe("docker", ["import", ...changes, "-", standIn], {
    env: engine.environment,
    timeout: 120_000,
  });
}

/** npm as it is installed on this machine: the one on the PATH that is a whole package. */
function npmFolder(): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      const program = realpathSync(join(folder, "npm"));
      if (program.endsWith("npm-cli.js")) return dirname(dirname(program));
    } catch {
      // Not in this folder.
    }
  }
  throw new Error("npm is not on the PATH.");
}
