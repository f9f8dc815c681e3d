// Runs a command of this repository under the Node and pnpm that package.json pins, on any machine that has npm and
// Node 20 or later: `node scripts/toolchain.mjs PROGRAM | COMMAND [ARGUMENT…]`. PROGRAM is one of `programs` below.
//
// npm fetches Node and pnpm, pnpm installs the dependencies, turbo bundles the program. Each decides whether there is
// anything to do. Set-up prints to stderr only: stdin, stdout, signals and the exit code belong to the command.
// This file imports no package, because it runs before any is installed.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lock.mjs";
import { checksTables, comparesLake, isCheck } from "./programs.mjs";
import { endAs, run } from "./run.mjs";

/**
 * @typedef {object} Toolchain
 * @property {string[]} packages the npm packages that it came from
 * @property {string} node path of the Node executable
 * @property {string[]} path folders that hold `node` and `pnpm`, to put first on PATH
 */

/** A failure of set-up, printed without a stack trace. */
class SetupError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateFolder = join(root, ".toolchain");
const stateFile = join(stateFolder, "toolchain.json");
const windows = process.platform === "win32";

const lakehouse = { package: "@lakehouse/cli", file: "packages/cli/dist/lakehouse.mjs" };
/** The program of `lakehouse check` alone. It is bundled in a fraction of the time. */
const check = { entry: "packages/cli/src/check.ts", file: "packages/cli/dist-check/check.mjs" };
/** The page, which some commands show. */
const page = "@lakehouse/page";
const infra = { package: "@lakehouse/infra", file: "infra/dist/deploy.js" };

/**
 * The programs that are bundled before they run, and what each passes to its bundle.
 *
 * @type {Record<string, { package: string, file: string, args: string[] }>}
 */
const programs = {
  lakehouse: { ...lakehouse, args: [] },
  start: { ...lakehouse, args: ["start"] },
  bootstrap: { ...infra, args: ["bootstrap"] },
  deploy: { ...infra, args: ["deploy"] },
  plan: { ...infra, args: ["plan"] },
  destroy: { ...infra, args: ["destroy"] },
};

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @returns {string[]} the npm packages of the pinned pnpm and, if this process is another Node, of the pinned Node */
function neededPackages() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const node = manifest.devEngines.runtime.version;
  const pnpm = manifest.packageManager.split("+")[0];
  if (process.versions.node.split(".")[0] === node.split(".")[0]) {
    return [pnpm];
  }
  // These contain only the binary. The package `node` fetches them with an install script, which npm may refuse to run.
  const { arch, platform } = process;
  const name = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return [`${name}-${windows ? "win" : platform}-${arch}@${node}`, pnpm];
}

/** @param {string[]} folders to put first on PATH @returns {NodeJS.ProcessEnv} */
function environment(folders) {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  const path = [...folders, process.env[name] ?? ""].join(delimiter);
  // A script of pnpm's starts with the check of dependencies switched off. This may be one of another repository.
  const { pnpm_config_verify_deps_before_run: _, ...inherited } = process.env;
  return {
    // Saves a fifth of the time that the command takes to start.
    NODE_COMPILE_CACHE: join(stateFolder, "compile-cache"),
    ...inherited,
    [name]: path,
    DO_NOT_TRACK: "1",
  };
}

/**
 * Runs one step of set-up. The output is for error messages.
 *
 * @param {string} file @param {string[]} args @param {string[]} path @param {NodeJS.ProcessEnv} variables
 */
async function step(file, args, path = [], variables = {}) {
  const end = await run(file, args, {
    cwd: root,
    env: { ...environment(path), ...variables },
    // On Windows, npm and pnpm are .cmd files.
    shell: windows,
    stdio: ["ignore", "pipe", "pipe"],
  }).catch((error) => ({ code: 1, stopped: false, output: String(error) }));
  if (end.stopped) {
    throw new SetupError("Stopped.", 130);
  }
  return { ok: end.code === 0, output: end.output.trim() };
}

/** @param {string[]} packages @returns {Toolchain | undefined} the toolchain of an earlier run, if it is still there */
function fetchedToolchain(packages) {
  try {
    const found = JSON.parse(readFileSync(stateFile, "utf8"));
    const usable =
      packages.every((each) => found.packages.includes(each)) &&
      [found.node, ...found.path].every((each) => existsSync(each));
    return usable ? found : undefined;
  } catch {
    return undefined;
  }
}

/** @returns {Promise<Toolchain>} */
async function getToolchain() {
  const packages = neededPackages();
  const fetched = fetchedToolchain(packages);
  if (fetched !== undefined) {
    return fetched;
  }
  say(`Fetching ${packages.join(" and ")} from the npm registry (once) …`);
  const call = `node scripts/toolchain.mjs remember ${packages.join(" ")}`;
  const args = [
    "exec",
    "--yes",
    "--loglevel=error",
    // pnpm's install script puts its binary in place. Older versions of npm ignore the option.
    "--allow-scripts=pnpm",
    ...packages.map((each) => `--package=${each}`),
    "--call",
    windows ? `"${call}"` : call,
  ];
  const { ok, output } = await step("npm", args);
  const toolchain = fetchedToolchain(packages);
  if (!ok || toolchain === undefined) {
    throw new SetupError(
      `Could not fetch ${packages.join(" and ")} from the npm registry. Check that npm can reach it ` +
        `("npm ping"), or run this with the Node that package.json pins. npm said:\n${output}`,
    );
  }
  return toolchain;
}

/** Saves where Node and pnpm are. npm calls it with both on PATH. @param {string[]} packages */
function remember(packages) {
  const name = windows ? "pnpm.cmd" : "pnpm";
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const pnpm = folders.find((folder) => existsSync(join(folder, name)));
  const path = [dirname(process.execPath), ...(pnpm === undefined ? [] : [pnpm])];
  writeFileSync(stateFile, JSON.stringify({ packages, node: process.execPath, path }));
}

/** @param {Toolchain} toolchain */
async function install({ path }) {
  // Compares package.json files and the lockfile with what is installed, without the network.
  const verify = ["--config.verify-deps-before-run=error", "exec", "node", "--version"];
  if ((await step("pnpm", verify, path)).ok) {
    return;
  }
  say("Installing dependencies …");
  const { ok, output } = await step("pnpm", ["install", "--frozen-lockfile"], path);
  if (!ok) {
    throw new SetupError(
      `Could not install the dependencies. If you changed a package.json or pnpm-workspace.yaml, run ` +
        `"node scripts/toolchain.mjs update-lockfile". pnpm said:\n${output}`,
    );
  }
}

/** @param {string} name of a package @param {Toolchain} toolchain */
async function bundle(name, { path }) {
  const args = [
    "exec",
    "turbo",
    "run",
    `${name}#bundle`,
    "--output-logs=errors-only",
    "--log-prefix=none",
  ];
  const { ok, output } = await step("pnpm", args, path, {
    LAKEHOUSE_UNFINISHED: unfinishedTables(),
  });
  if (!ok) {
    throw bundleError(name, output);
  }
}

/** Bundles the program of `lakehouse check`, without turbo: that would take longer. @param {Toolchain} toolchain */
async function bundleCheck({ node, path }) {
  const args = [join(root, "scripts", "bundle.mjs"), "--lenient", check.entry, check.file];
  const { ok, output } = await step(node, args, path);
  if (!ok) {
    throw bundleError(check.entry, output);
  }
}

/** @param {string} name of what was bundled @param {string} output of the bundler */
function bundleError(name, output) {
  // Mistakes in contracts and models, as printed by bundle-errors.mjs. The rest is the build's own output.
  const mistakes = output.split("\n").filter((line) => /^(error|hint): /.test(line));
  return mistakes.length === 0
    ? new SetupError(`Could not bundle ${name}:\n${output}`)
    : new SetupError(mistakes.join("\n"), 2);
}

/**
 * Whether a command line may show the page: `ui`, `report`, or `start --open`.
 *
 * @param {string} verb @param {string[]} rest
 */
function showsPage(verb, rest) {
  return verb === "start"
    ? rest.includes("--open")
    : verb === "lakehouse" && rest.some((word) => ["ui", "report", "--open"].includes(word));
}

/**
 * The folders of tables without a contract. Turbo ignores empty folders, so a cached bundle would hide them.
 *
 * @returns {string}
 */
function unfinishedTables() {
  const folder = join(root, "packages/tables/src");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !existsSync(join(folder, entry.name, "contract.ts")))
    .map((entry) => entry.name)
    .join();
}

/** @param {string[]} argv */
async function main([verb, ...rest]) {
  if (verb === undefined) {
    throw new SetupError("Usage: node scripts/toolchain.mjs COMMAND [ARGUMENT…]", 2);
  }
  if (Number(process.versions.node.split(".")[0]) < 20) {
    throw new SetupError(`This needs Node 20 or later. This is ${process.version}.`, 2);
  }
  if (verb === "remember") {
    remember(rest);
    return;
  }
  const program = Object.hasOwn(programs, verb) ? programs[verb] : undefined;
  // `pnpm lakehouse -- ARGUMENT…` passes the "--" on; npm does not.
  const args = rest[0] === "--" ? rest.slice(1) : rest;
  const checksAlone = verb === "lakehouse" && isCheck(args);
  const checksFirst = checksTables(verb, rest);
  const compares = comparesLake(verb, rest);
  mkdirSync(stateFolder, { recursive: true });
  // Both commands of `lakehouse generate … | lakehouse ingest … -` may need to install.
  const toolchain = await withLock(join(stateFolder, "lock"), async () => {
    const found = await getToolchain();
    if (verb !== "update-lockfile") {
      await install(found);
    }
    if (checksAlone) {
      await bundleCheck(found);
    } else if (program !== undefined) {
      await bundle(program.package, found);
      if (showsPage(verb, rest)) {
        await bundle(page, found);
      }
      if (checksFirst) {
        await bundleCheck(found);
      }
      if (compares) {
        await bundle(lakehouse.package, found);
      }
    }
    return found;
  });
  const env = environment([join(root, "node_modules", ".bin"), ...toolchain.path]);
  if (checksFirst) {
    const checked = await run(toolchain.node, [join(root, check.file)], {
      cwd: root,
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (checked.code !== 0) {
      endAs(checked);
      return;
    }
  }
  if (program !== undefined) {
    const file = join(root, checksAlone ? check.file : program.file);
    const LAKEHOUSE_COMMAND = join(root, lakehouse.file);
    const settings = compares ? { ...env, LAKEHOUSE_COMMAND } : env;
    endAs(
      await run(toolchain.node, [file, ...program.args, ...args], { cwd: root, env: settings }),
    );
    return;
  }
  const [file, ...words] =
    verb === "update-lockfile"
      ? ["pnpm", "install", "--no-frozen-lockfile", ...rest]
      : [verb, ...rest];
  const quoted = windows ? words.map((each) => JSON.stringify(each)) : words;
  endAs(await run(file, quoted, { cwd: root, env, shell: windows }));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  // The operating system refused: no such command, no permission, no space.
  const refused = error instanceof Error && "syscall" in error;
  if (!refused && !(error instanceof SetupError)) {
    throw error;
  }
  say(error.message);
  process.exitCode = error instanceof SetupError ? error.exitCode : 3;
}
