/** Builds aws-lambda-ric, which runs a handler behind Lambda's Runtime API, once for each machine and Node version. */
import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ExecaError, execa } from "execa";
import { cacheFolder, searchPath } from "../src/runtime.ts";
import { RicBuildError, RicUnavailableError } from "./errors.ts";

const tools = [["cmake", "cmake3"], ["make"], ["g++", "c++"], ["python3"], ["tar"], ["xz"]];
const stepTimeout = 600_000;

/**
 * Returns the folder of a built aws-lambda-ric: `index.mjs` and the native library beside it.
 *
 * The first call compiles it, which takes a minute. Later calls find it, from other processes and clones too. Concurrent
 * calls build it once.
 *
 * @param cache Where builds are kept.
 * @throws RicUnavailableError if this machine can't build it, for example without a compiler; RicBuildError.
 */
export async function builtRic(
  cache: string = join(cacheFolder(), "aws-lambda-ric"),
): Promise<string> {
  const source = dirname(createRequire(import.meta.url).resolve("aws-lambda-ric"));
  const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  // How it is built may differ in another clone.
  const steps = createHash("sha256").update(await readFile(import.meta.filename));
  const key = `${version}-node-${process.version}-${process.platform}-${process.arch}`;
  const folder = join(cache, `${key}-${steps.digest("hex").slice(0, 8)}`);
  if (existsSync(folder)) {
    return folder;
  }
  refuseWhereImpossible();
  await mkdir(cache, { recursive: true });
  await alone(`${folder}.lock`, async () => {
    if (existsSync(folder)) {
      return;
    }
    const scratch = `${folder}.${randomUUID()}`;
    try {
      await build(await realpath(source), scratch);
      await rename(join(scratch, "built"), folder);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Returns the path of a built aws-lambda-ric's `index.mjs`, for Node to run. @throws As {@link builtRic}. */
export async function runtimeInterfaceClient(): Promise<string> {
  return join(await builtRic(), "index.mjs");
}

function refuseWhereImpossible(): void {
  if (process.platform !== "linux") {
    throw new RicUnavailableError(`this is ${process.platform}`);
  }
  const folders = searchPath();
  const missing = tools.filter(
    (names) => !names.some((name) => folders.some((folder) => existsSync(join(folder, name)))),
  );
  if (missing.length > 0) {
    throw new RicUnavailableError(`missing here: ${missing.map(([name]) => name).join(", ")}`);
  }
}

/** Runs the package's own install scripts without npm: curl and aws-lambda-cpp first, then Node's library. */
async function build(source: string, scratch: string): Promise<void> {
  const copy = join(scratch, "package");
  await cp(source, copy, {
    recursive: true,
    filter: (path) => path !== join(source, "node_modules"),
  });
  const fromSource = createRequire(join(source, "package.json"));
  const addonApi = dirname(fromSource.resolve("node-addon-api/package.json"));
  // Copied, because gyp writes beside the sources of its dependencies.
  await cp(addonApi, join(copy, "node_modules", "node-addon-api"), { recursive: true });
  await run("its preinstall.sh", ["sh", join(copy, "scripts", "preinstall.sh")], copy);
  const nodeGyp = fromSource.resolve("node-gyp/bin/node-gyp.js");
  const directory = join("src", "native");
  await run(
    "node-gyp",
    [process.execPath, nodeGyp, "rebuild", `--directory=${directory}`, ...(await headers())],
    copy,
    { DEPS_PREFIX: join(copy, "deps", "artifacts") },
  );
  const built = join(scratch, "built");
  await mkdir(built);
  for (const file of ["index.mjs", "package.json", "LICENSE", "NOTICE"]) {
    await cp(join(copy, file), join(built, file));
  }
  const library = "rapid-client.node";
  await cp(join(copy, directory, "build", "Release", library), join(built, library));
}

/** Finds Node's headers, so node-gyp doesn't download them. Any version works: the library uses Node-API. */
async function headers(): Promise<string[]> {
  const prefix = dirname(dirname(process.execPath));
  if (existsSync(join(prefix, "include", "node", "node_api.h"))) {
    return [`--nodedir=${prefix}`];
  }
  const { stdout } = await execa("npm", ["config", "get", "nodedir"], { reject: false });
  const configured = String(stdout ?? "").trim();
  return existsSync(join(configured, "include", "node", "node_api.h"))
    ? [`--nodedir=${configured}`]
    : [];
}

async function run(
  step: string,
  [file, ...args]: [string, ...string[]],
  cwd: string,
  env: Record<string, string> = {},
): Promise<void> {
  try {
    await execa(file, args, { cwd, env, all: true, timeout: stepTimeout, stdin: "ignore" });
  } catch (error) {
    if (!(error instanceof ExecaError)) {
      throw error;
    }
    const lines = String(error.all ?? error.message).split("\n");
    throw new RicBuildError(step, lines.slice(-20).join("\n"));
  }
}

/** Runs the task while this process alone holds the lock. */
async function alone(lock: string, task: () => Promise<void>): Promise<void> {
  while (!(await take(lock))) {
    await sleep(250);
  }
  try {
    await task();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (!hasCode(error, "EEXIST")) {
      throw error;
    }
    if (await isAbandoned(lock)) {
      await rm(lock, { force: true });
    }
    return false;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  try {
    const pid = Number(await readFile(lock, "utf8"));
    // Empty: just created, unless it has been empty for a long time.
    if (pid === 0) {
      return Date.now() - (await stat(lock)).mtimeMs > 10_000;
    }
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return hasCode(error, "ESRCH");
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
