/** Stand-ins for AWS's base image, where that can't be pulled: a small Debian with Node, npm and the real runtime interface client. */
import { realpathSync } from "node:fs";
import { chmod, copyFile, cp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { type Platform, platforms } from "../../src/images.ts";
import { builtRic } from "../../testing/ric.ts";
import type { DebianPackages } from "./debian.ts";
import type { Engine } from "./engine.ts";

const timeout = 120_000;

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

/**
 * Makes a stand-in, laid out as AWS's image is, and imports it into the engine. One for another processor than this
 * machine's is without the runtime interface client, which is compiled where it is to run.
 *
 * @returns Its name.
 */
export async function importStandIn(
  engine: Engine,
  debian: DebianPackages,
  platform: Platform,
): Promise<string> {
  const architecture = platform.replace("linux/", "");
  const native = platforms[platform].cpu === process.arch;
  const root = join(engine.folder, "base", architecture);
  const programs = join(root, "var/lang/bin");
  await mkdir(programs, { recursive: true });
  const unpack = async () =>
    (native ? debian : await debian.ofArchitecture(architecture)).unpack(packages, root);
  await Promise.all([
    unpack(),
    native ? copyFile(process.execPath, join(programs, "node")) : downloadNode(platform, programs),
  ]);
  const folders = ["bin", "dev", "etc", "proc", "root", "sys", "tmp", "usr/bin", "var/task"];
  for (const folder of [...folders, "var/lang/lib/node_modules"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, "tmp"), 0o1777);
  for (const tool of tools) {
    await symlink("busybox", join(root, "bin", tool));
  }
  await symlink("../../bin/busybox", join(root, "usr/bin/env"));
  await writeFile(join(root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  await cp(npmFolder(), join(root, "var/lang/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"]) {
    await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, join(programs, name));
  }
  if (native) {
    await cp(await builtRic(), join(root, "var/runtime"), { recursive: true });
  }
  await writeFile(join(root, "lambda-entrypoint.sh"), entryPoint, { mode: 0o755 });
  const changes = [
    "ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin",
    "ENV LAMBDA_TASK_ROOT=/var/task",
    "WORKDIR /var/task",
    'ENTRYPOINT ["/lambda-entrypoint.sh"]',
  ].flatMap((change) => ["--change", change]);
  // Packed here: the engine would do so more tightly, and take much longer.
  const tar = execa(
    "tar",
    ["--create", "--use-compress-program", "gzip -1", "--directory", root, "."],
    { encoding: "buffer", buffer: false },
  );
  const name = `lakehouse-test-base:${architecture}`;
  await tar.pipe("docker", ["import", "--platform", platform, ...changes, "-", name], {
    env: engine.environment,
    timeout,
  });
  return name;
}

/** The same version as here, from the npm registry. */
async function downloadNode(platform: Platform, folder: string): Promise<void> {
  const name = `node-linux-${platforms[platform].cpu}@${process.versions.node}`;
  const { stdout } = await execa("npm", ["pack", "--silent", name], { cwd: folder, timeout });
  const archive = join(folder, stdout.trim());
  const only = ["--strip-components", "2", "package/bin/node"];
  await execa("tar", ["--extract", "--file", archive, "--directory", folder, ...only]);
  await rm(archive);
}

/** npm as it is installed on this machine: the one on the PATH that is a whole package. */
function npmFolder(): string {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    try {
      const program = realpathSync(join(folder, "npm"));
      if (program.endsWith("npm-cli.js")) {
        return dirname(dirname(program));
      }
    } catch {
      // Not in this folder.
    }
  }
  throw new Error("npm is not on the PATH.");
}
