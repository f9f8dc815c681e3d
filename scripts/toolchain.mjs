// Runs a command of this workspace under the Node and pnpm that package.json pins, whatever Node (20 or
// later) this is: `node scripts/toolchain.mjs test | PROGRAM | COMMAND [ARGUMENT…]`, PROGRAM being one of
// `programs` below.
//
// What is missing comes from the npm registry, through npx; then dependencies are installed if the lockfile
// changed, and the program is bundled if its sources did. All of that says what it says on stderr: stdin,
// stdout, the exit code and signals belong to the command alone. It uses no dependency, for it runs before
// any is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { countTests, packageFolders, removeTestResults } from "./test-results.mjs";

/**
 * @typedef {object} Toolchain
 * @property {string} key the versions that it is for
 * @property {string} node path of the Node executable
 * @property {string[]} path folders to put first on PATH: they hold `node` and `pnpm`
 */

/** Something to tell the user in a sentence, without a stack trace. */
class SetupError extends Error {
  /** @param {string} message @param {number} [exitCode] */
  constructor(message, exitCode = 3) {
    super(message);
    this.exitCode = exitCode;
  }
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stateFolder = join(root, ".toolchain");
const installStamp = join(root, "node_modules", ".installed");
const windows = process.platform === "win32";

/**
 * @typedef {object} Bundles what is bundled in one go
 * @property {string} filter the packages that are bundled, as turbo takes them
 * @property {string[]} files the bundles
 * @property {string[]} sources folders of packages besides packages/* that they are made of
 */

/** @satisfies {Record<string, Bundles>} */
const bundles = {
  lakehouse: {
    filter: "./packages/*",
    files: [
      "packages/bronze-silver/dist/handler.mjs",
      "packages/silver-gold/dist/handler.mjs",
      "packages/cli/dist/lakehouse.mjs",
    ],
    sources: [],
  },
  deploy: {
    filter: "@lakehouse/infra",
    files: ["infra/dist/main.js", "infra/dist/deploy.js"],
    sources: ["infra"],
  },
};

/**
 * The programs of this workspace, by the word that starts each.
 *
 * @type {Record<string, { bundled: keyof typeof bundles, file: string, args: string[] }>}
 */
const programs = {
  start: { bundled: "lakehouse", file: "packages/cli/dist/lakehouse.mjs", args: ["start"] },
  lakehouse: { bundled: "lakehouse", file: "packages/cli/dist/lakehouse.mjs", args: [] },
  bootstrap: { bundled: "deploy", file: "infra/dist/deploy.js", args: ["bootstrap"] },
  deploy: { bundled: "deploy", file: "infra/dist/deploy.js", args: ["deploy"] },
  plan: { bundled: "deploy", file: "infra/dist/deploy.js", args: ["plan"] },
  destroy: { bundled: "deploy", file: "infra/dist/deploy.js", args: ["destroy"] },
};

/** @param {string} text */
function say(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {string} path @returns {any} the parsed file, or undefined where there is none to be had */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** @returns {{ node: string, pnpm: string }} the versions that package.json pins */
function pinnedVersions() {
  const manifest = readJson(join(root, "package.json"));
  const node = manifest?.devEngines?.runtime?.version;
  const pnpm = /^pnpm@(\d[^+]*)/.exec(manifest?.packageManager ?? "")?.[1];
  if (typeof node !== "string" || pnpm === undefined) {
    throw new SetupError(
      'package.json must pin Node in devEngines.runtime.version and pnpm in packageManager ("pnpm@…").',
    );
  }
  return { node, pnpm };
}

/** @param {string[]} folders @returns {NodeJS.ProcessEnv} */
function environment(folders) {
  const env = { ...process.env };
  const name = Object.keys(env).find((key) => key.toUpperCase() === "PATH") ?? "PATH";
  env[name] = [...folders, env[name] ?? ""].join(delimiter);
  env["TURBO_TELEMETRY_DISABLED"] = "1";
  env["DO_NOT_TRACK"] = "1";
  if (!process.stdout.isTTY) {
    env["NO_COLOR"] ??= "1";
  }
  return env;
}

/** @param {string} name @param {string} path @returns {string | undefined} the folder of PATH that holds it */
function folderOf(name, path) {
  const names = windows ? [`${name}.cmd`, `${name}.exe`] : [name];
  return path
    .split(delimiter)
    .find((folder) => folder !== "" && names.some((each) => existsSync(join(folder, each))));
}

/** @param {NodeJS.ProcessEnv} env */
function pathOf(env) {
  return Object.entries(env).find(([key]) => key.toUpperCase() === "PATH")?.[1] ?? "";
}

/**
 * Runs a command of set-up to its end and gives its output, which nobody sees unless it fails.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} [shell] whether it needs a shell: on Windows, all but executables do
 */
function capture(file, args, env, shell = windows) {
  const result = spawnSync(file, args, {
    cwd: root,
    env,
    shell,
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return {
    ok: result.status === 0,
    stdout: result.stdout ?? "",
    output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`.trim(),
  };
}

/** @param {{ node: string, pnpm: string }} pins what a toolchain is good for */
function keyOf(pins) {
  return `${process.platform}-${process.arch} node@${pins.node} pnpm@${pins.pnpm}`;
}

/** @returns {Toolchain | undefined} the one of an earlier run, if it is still there and still right */
function rememberedToolchain() {
  const found = readJson(join(stateFolder, "toolchain.json"));
  return found?.key === keyOf(pinnedVersions()) &&
    existsSync(found.node) &&
    folderOf("pnpm", found.path.join(delimiter)) !== undefined
    ? found
    : undefined;
}

/** @returns {Toolchain} this Node and the pnpm on PATH if they will do, else those of the npm registry */
function obtainToolchain() {
  const remembered = rememberedToolchain();
  if (remembered !== undefined) {
    return remembered;
  }
  const pins = pinnedVersions();
  const env = { ...environment([]), COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" };
  const rightNode = process.versions.node.split(".")[0] === pins.node.split(".")[0];
  const pnpmFolder = folderOf("pnpm", pathOf(env));
  const rightPnpm =
    pnpmFolder !== undefined && capture("pnpm", ["--version"], env).stdout.trim() === pins.pnpm;

  /** @type {Toolchain} */
  const toolchain =
    rightNode && rightPnpm
      ? { key: keyOf(pins), node: process.execPath, path: [dirname(process.execPath), pnpmFolder] }
      : { key: keyOf(pins), ...fetchToolchain(pins, rightNode, env) };
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(join(stateFolder, "toolchain.json"), JSON.stringify(toolchain));
  return toolchain;
}

/**
 * The registry package that holds Node's binary for this machine. The package `node` would fetch the very
 * same, but by an install script, which npm runs only where its user allows it.
 *
 * @param {string} version
 */
function nodePackage(version) {
  const { arch, platform } = process;
  const prefix = platform === "darwin" && arch === "arm64" ? "node-bin" : "node";
  return `${prefix}-${windows ? "win" : platform}-${arch}@${version}`;
}

/** @param {{ node: string, pnpm: string }} pins @param {boolean} rightNode @param {NodeJS.ProcessEnv} env */
function fetchToolchain(pins, rightNode, env) {
  const packages = [...(rightNode ? [] : [nodePackage(pins.node)]), `pnpm@${pins.pnpm}`];
  say(`Fetching ${packages.join(" and ")} from the npm registry (once) …`);
  // Prints the Node that npx put first, and its PATH; no quotes inside, for any shell's sake.
  const call = 'node -p "JSON.stringify([process.execPath,process.env.PATH])"';
  const args = [
    "exec",
    "--yes",
    "--loglevel=error",
    // pnpm's install script lays its binary in place; older versions of npm do not know the option.
    "--allow-scripts=pnpm",
    ...packages.map((each) => `--package=${each}`),
    "--call",
  ];
  const npm = process.env["npm_execpath"];
  const result = npm?.endsWith("npm-cli.js")
    ? capture(process.execPath, [npm, ...args, call], env, false)
    : capture("npm", [...args, windows ? `"${call.replaceAll('"', '\\"')}"` : call], env);
  if (!result.ok) {
    throw new SetupError(
      `Could not fetch ${packages.join(" and ")} from the npm registry. Check that npm can reach it ` +
        `("npm ping"), or install Node ${pins.node.split(".")[0]} and pnpm ${pins.pnpm} yourself. ` +
        `npm said:\n${result.output}`,
    );
  }
  const [node, path] = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "null");
  const pnpmFolder = folderOf("pnpm", path);
  if (pnpmFolder === undefined) {
    throw new SetupError(`npm fetched pnpm ${pins.pnpm}, but no pnpm is on the PATH that it made.`);
  }
  return { node, path: [dirname(node), pnpmFolder] };
}

/**
 * Runs the steps with no other process of this workspace doing so at the same time: both ends of
 * `lakehouse generate … | lakehouse ingest … -` may find that they must install.
 *
 * @template T
 * @param {() => T} steps
 * @returns {Promise<T>} what the steps return
 */
async function alone(steps) {
  const lock = join(stateFolder, "lock");
  mkdirSync(stateFolder, { recursive: true });
  for (let told = false; ; ) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") {
        throw new SetupError(`Cannot write ${lock}: ${/** @type {Error} */ (error).message}`);
      }
    }
    if (holderIsGone(lock)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) {
      say("Waiting for another process that is installing or bundling this workspace …");
      told = true;
    }
    await sleep(100);
  }
  try {
    return steps();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** @param {string} lock whether the process that wrote this lock has ended without removing it */
function holderIsGone(lock) {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (pid === 0) {
      // Just made, not yet written: unless it has been so for long.
      return Date.now() - statSync(lock).mtimeMs > 10_000;
    }
    process.kill(pid, 0);
    return false;
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    return code === "ESRCH";
  }
}

/** @param {string[]} paths files and folders, whole @param {string[]} [seeds] */
function hashOf(paths, seeds = []) {
  const hash = createHash("sha256").update(JSON.stringify(seeds));
  for (const path of paths) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { encoding: "utf8", recursive: true })
          .map((name) => join(path, name))
          .filter((name) => statSync(name, { throwIfNoEntry: false })?.isFile() === true)
          .sort()
      : [path];
    for (const file of files) {
      hash
        .update(`${relative(root, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

/** @param {Toolchain} toolchain @returns {string | undefined} the new stamp, or undefined if up to date */
function installNeeded(toolchain) {
  const folders = packageFolders(root);
  const stamp = hashOf(
    ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json"]
      .map((name) => join(root, name))
      .concat(folders.map((folder) => join(folder, "package.json"))),
    [toolchain.key],
  );
  const complete = folders.every((folder) => existsSync(join(folder, "node_modules")));
  return complete && existsSync(installStamp) && readFileSync(installStamp, "utf8") === stamp
    ? undefined
    : stamp;
}

/** @param {Toolchain} toolchain */
function install(toolchain) {
  const stamp = installNeeded(toolchain);
  if (stamp === undefined) {
    return;
  }
  say("Installing dependencies …");
  const args = ["install", "--frozen-lockfile", "--reporter=append-only"];
  const result = capture("pnpm", args, environment(toolchain.path));
  if (!result.ok) {
    throw new SetupError(
      `Dependencies could not be installed. If you changed a package.json or pnpm-workspace.yaml, run ` +
        `"node scripts/toolchain.mjs update-lockfile". pnpm said:\n${result.output}`,
    );
  }
  writeFileSync(installStamp, stamp);
}

/** @param {Bundles} wanted @returns {string} what they are made of */
function bundleInputs({ sources }) {
  const folders = packageFolders(root).filter(
    (folder) => dirname(folder) !== root || sources.includes(relative(root, folder)),
  );
  return hashOf(
    [join(root, "pnpm-lock.yaml"), join(root, "scripts", "bundle.mjs")].concat(
      folders.flatMap((folder) => [join(folder, "package.json"), join(folder, "src")]),
    ),
  );
}

/** @param {Bundles} wanted @returns {string} their state on disk: who else writes them changes it */
function bundleOutputs({ files }) {
  return files
    .map((file) => statSync(join(root, file), { throwIfNoEntry: false }))
    .map((stats) => (stats === undefined ? "none" : `${stats.size} ${stats.mtimeMs}`))
    .join(", ");
}

/** @param {keyof typeof bundles} name @returns {string} where it is noted what the bundles were made of */
function bundleStamp(name) {
  return join(stateFolder, `bundle-${name}.json`);
}

/** @param {keyof typeof bundles} name */
function bundleNeeded(name) {
  const stamp = readJson(bundleStamp(name));
  return (
    stamp?.inputs !== bundleInputs(bundles[name]) || stamp?.outputs !== bundleOutputs(bundles[name])
  );
}

/** @param {keyof typeof bundles} name @param {Toolchain} toolchain */
function bundle(name, toolchain) {
  if (!bundleNeeded(name)) {
    return;
  }
  const wanted = bundles[name];
  const inputs = bundleInputs(wanted);
  const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
  const args = [turbo, "run", "bundle", `--filter=${wanted.filter}`];
  const output = ["--output-logs=errors-only", "--log-order=grouped"];
  const result = capture(toolchain.node, [...args, ...output], environment(toolchain.path), false);
  if (!result.ok) {
    throw new SetupError(`The ${name} command could not be bundled:\n${result.output}`);
  }
  writeFileSync(bundleStamp(name), JSON.stringify({ inputs, outputs: bundleOutputs(wanted) }));
}

/**
 * Runs the user's command: its stdin, stdout and stderr are ours, our signals are its.
 *
 * @param {string} file
 * @param {string[]} args
 * @param {Toolchain} toolchain
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>}
 */
function run(file, args, toolchain) {
  return new Promise((resolve, reject) => {
    const shell = windows && file !== toolchain.node;
    const child = spawn(file, shell ? args.map((arg) => JSON.stringify(arg)) : args, {
      cwd: root,
      env: environment([join(root, "node_modules", ".bin"), ...toolchain.path]),
      shell,
      stdio: "inherit",
    });
    /** @type {NodeJS.Signals[]} */
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // A terminal's Ctrl-C reaches the whole process group: a second one would mean "at once" to the child.
      if (signal !== "SIGINT" || !process.stdin.isTTY) {
        child.kill(signal);
      }
    };
    for (const signal of signals) {
      process.on(signal, forward);
    }
    child.on("error", (error) => {
      reject(new SetupError(`Cannot run ${file}: ${error.message}.`));
    });
    child.on("close", (code, signal) => {
      for (const each of signals) {
        process.off(each, forward);
      }
      resolve({ code: code ?? 1, signal });
    });
  });
}

/** @param {{ code: number, signal: NodeJS.Signals | null }} end ends this process as the command ended */
function endAs(end) {
  if (end.signal === null) {
    process.exitCode = end.code;
  } else {
    process.kill(process.pid, end.signal);
  }
}

/**
 * What each test command runs: tasks of turbo.json, and how many cases properties try.
 *
 * @type {Record<string, { tasks: string[], scale?: string }>}
 */
const testCommands = {
  test: { tasks: ["lint", "lint:workspace", "typecheck", "typecheck:workspace", "tier:unit"] },
  "test:all": {
    tasks: ["tier:e2e", "tier:images", "tier:infrastructure", "tier:integration", "tier:newcomer"],
  },
  "test:soak": { tasks: ["tier:unit", "tier:integration"], scale: "10" },
};

/** @param {string} name @param {string[]} args of turbo @param {Toolchain} toolchain */
async function test(name, args, toolchain) {
  removeTestResults(root);
  const { tasks, scale } = /** @type {{ tasks: string[], scale?: string }} */ (testCommands[name]);
  if (scale !== undefined) {
    process.env["FC_SCALE"] ??= scale;
  }
  const turbo = join(root, "node_modules", "turbo", "bin", "turbo");
  const how = ["--continue=dependencies-successful", "--output-logs=new-only", ...args];
  const end = await run(toolchain.node, [turbo, "run", ...tasks, ...how], toolchain);
  const { passed, failed, skipped } = countTests(root);
  if (end.code !== 0 && failed === 0) {
    say("No test failed, but a task above did.");
  }
  const tail = skipped === 0 ? "" : `, ${skipped} skipped`;
  process.stdout.write(`${passed} passed, ${failed} failed${tail}\n`);
  endAs(end.code === 0 && end.signal === null && failed > 0 ? { code: 1, signal: null } : end);
}

async function main() {
  const [verb, ...rest] = process.argv.slice(2);
  // pnpm hands on the "--" of `pnpm lakehouse -- ARGUMENT…`; npm does not.
  const args = rest[0] === "--" ? rest.slice(1) : rest;
  if (verb === undefined) {
    throw new SetupError("Usage: node scripts/toolchain.mjs COMMAND [ARGUMENT…]", 2);
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) {
    throw new SetupError(
      `This needs Node 20 or later to begin with; this is ${process.version}.`,
      2,
    );
  }
  const program = Object.hasOwn(programs, verb) ? programs[verb] : undefined;
  const toolchain = rememberedToolchain() ?? (await alone(obtainToolchain));
  if (verb === "update-lockfile") {
    endAs(await run("pnpm", ["install", "--no-frozen-lockfile", ...args], toolchain));
    return;
  }
  if (
    installNeeded(toolchain) !== undefined ||
    (program !== undefined && bundleNeeded(program.bundled))
  ) {
    await alone(() => {
      install(toolchain);
      if (program !== undefined) {
        bundle(program.bundled, toolchain);
      }
    });
  }
  if (program !== undefined) {
    endAs(
      await run(toolchain.node, [join(root, program.file), ...program.args, ...args], toolchain),
    );
  } else if (Object.hasOwn(testCommands, verb)) {
    await test(verb, args, toolchain);
  } else {
    endAs(await run(verb, rest, toolchain));
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) {
    throw error;
  }
  say(error.message);
  process.exitCode = error.exitCode;
}
