/** Puts exactly the files of a function's image into a folder, for any platform. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { AssemblyError } from "./errors.ts";
import { bundleFolder, type FunctionName, packageFolder, workspace } from "./functions.ts";
import { images, type Platform, platforms } from "./images.ts";

/** What a running function reads of a package, and the licences that go with it. */
const shipped = /(?:\.(?:[cm]?js|json|node|so)|\/LICEN[CS]E[^/]*)$/;
const installTimeout = 300_000;

/**
 * Puts the files of a function's image into a folder: its bundle, and the packages with native code that it
 * imports, in the versions of the lockfile, for one platform. Any machine can do so for every platform: pnpm brings
 * other platforms' packages from its store or the npm registry.
 *
 * Same input, same files: with the same modes, and with times from `sourceDateEpoch`.
 *
 * @param output The folder to make; it must not exist.
 * @param options.sourceDateEpoch The time of every file, seconds since 1970.
 * @throws AssemblyError where the bundle is not made, or a package can't be had.
 */
export async function assemble(
  name: FunctionName,
  platform: Platform,
  output: string,
  options: { readonly sourceDateEpoch: number },
): Promise<void> {
  const image = `${name} for ${platform}`;
  if (existsSync(output)) {
    throw new AssemblyError(image, `${output} exists. Remove it first.`);
  }
  const bundle = join(bundleFolder(name), "handler.mjs");
  if (!existsSync(bundle)) {
    throw new AssemblyError(image, `${bundle} is missing. Run "npm run build" first.`);
  }
  const scratch = await mkdtemp(join(tmpdir(), "lakehouse-assemble-"));
  try {
    await install(name, platform, scratch);
    await mkdir(output, { recursive: true });
    await cp(bundle, join(output, "handler.mjs"));
    const from = join(scratch, relative(workspace, packageFolder(name)));
    for (const each of images[name].packages) {
      const found = new Map<string, string>();
      await gather(each, from, found);
      const native = await Promise.all([...found].map((entry) => copyPackage(entry, output)));
      if (!native.includes(true)) {
        throw new AssemblyError(image, `${each} has no native code for it in pnpm-lock.yaml.`);
      }
    }
    await normalize(output, options.sourceDateEpoch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Installs the function's own dependencies for the platform, in a copy of the workspace that has only manifests. */
async function install(name: FunctionName, platform: Platform, scratch: string): Promise<void> {
  const manifests = await listManifests();
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    await cp(join(workspace, file), join(scratch, file));
  }
  const [os = "", cpu = ""] = [platform.split("/")[0], platforms[platform].cpu];
  const target = ["--os", os, "--cpu", cpu, "--libc", "glibc"];
  const scope = ["--prod", "--ignore-scripts", "--filter", `@lakehouse/${name}`];
  try {
    await promisify(execFile)("pnpm", ["install", "--frozen-lockfile", ...scope, ...target], {
      cwd: scratch,
      timeout: installTimeout,
      shell: process.platform === "win32",
    });
  } catch (error) {
    const { code, stdout = "", stderr = "" } = error as Partial<Record<string, string>>;
    throw new AssemblyError(
      `${name} for ${platform}`,
      code === "ENOENT"
        ? "pnpm is not on the PATH. Run this through scripts/toolchain.mjs."
        : `pnpm could not install its packages; the npm registry must be reachable for those that are not in pnpm's store. pnpm said:\n${stdout}${stderr}`,
    );
  }
}

/** Every package.json of the workspace, without which pnpm takes the lockfile for outdated. */
async function listManifests(): Promise<string[]> {
  const folders = await Promise.all(
    [".", "packages"].map(async (parent) =>
      (await readdir(join(workspace, parent))).map((each) => join(parent, each, "package.json")),
    ),
  );
  return ["package.json", ...folders.flat()].filter((file) => existsSync(join(workspace, file)));
}

/** Finds a package and all that it needs, as Node would from that folder. */
async function gather(name: string, from: string, found: Map<string, string>): Promise<void> {
  const folder = await findPackage(name, from);
  if (folder === undefined || found.get(name) === folder) {
    return;
  }
  if (found.has(name)) {
    throw new AssemblyError(name, "it is needed in two versions.");
  }
  found.set(name, folder);
  const { dependencies, optionalDependencies } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  );
  for (const each of Object.keys({ ...dependencies, ...optionalDependencies })) {
    await gather(each, folder, found);
  }
}

/** @returns undefined for a package of another platform, which pnpm left out. */
async function findPackage(name: string, from: string): Promise<string | undefined> {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) {
      return await realpath(candidate);
    }
  }
  return undefined;
}

/** @returns Whether it holds native code. */
async function copyPackage([name, folder]: [string, string], output: string): Promise<boolean> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => shipped.test(file.replaceAll("\\", "/")));
  const target = join(output, "node_modules", name);
  await Promise.all(files.map((file) => cp(file, join(target, relative(folder, file)))));
  return files.some((file) => file.endsWith(".node"));
}

/** Any user may read, only the owner may write, and nothing tells when it was made. */
async function normalize(folder: string, sourceDateEpoch: number): Promise<void> {
  const paths = await readdir(folder, { recursive: true });
  for (const path of [...paths.sort().reverse(), "."]) {
    const full = join(folder, path);
    await chmod(full, (await stat(full)).isDirectory() ? 0o755 : 0o644);
    await utimes(full, sourceDateEpoch, sourceDateEpoch);
  }
}
