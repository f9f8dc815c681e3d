// Builds and pushes the images of a lake of one's own: LAKEHOUSE_REGISTRY=… node push-images.mjs, in its root
//
// The handlers are bundled here, and npm installs the packages with native code for Lambda. The framework's Dockerfile takes
// these files in place of those that it would make from its own workspace. With --files, it only makes the files.
import {
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { digestsFile } from "../../packages/transforms/src/project.ts";
import { run } from "../run.mjs";
import { bundled, framework, Mistake, ownFolder } from "./bundled.mjs";

const functions = /** @type {const} */ (["bronze-silver", "silver-gold"]);
/** npm's names of processors, by Docker's names of platforms. */
const processors = { "linux/arm64": "arm64", "linux/amd64": "x64" };
/** The time of all files: that of docker-bake.hcl. The same input makes the same image. */
const sourceDateEpoch = "1767225600";

/**
 * Runs a program, and shows what it prints.
 *
 * @param {string} file @param {readonly string[]} args @param {import("node:child_process").SpawnOptions} options
 */
async function step(file, args, options) {
  const { code, output } = await run(file, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  process.stderr.write(output);
  if (code !== 0) {
    throw new Mistake(`error: ${[file, ...args].join(" ")} failed with exit code ${code}.\n`);
  }
}

/**
 * Makes the files of an image.
 *
 * @param {(typeof functions)[number]} name @param {string} root @param {string} cpu @param {string} folder
 */
async function makeFiles(name, root, cpu, folder) {
  const bundle = dirname(await bundled(name, root));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of globSync("*.mjs", { cwd: bundle })) {
    cpSync(join(bundle, file), join(folder, file));
  }
  /** @param {string} file */
  const dependenciesIn = (file) =>
    JSON.parse(readFileSync(join(framework, file), "utf8")).dependencies;
  const versions = dependenciesIn("package.json");
  const names = Object.keys(dependenciesIn(`docker/images/${name}/package.json`));
  const dependencies = Object.fromEntries(names.map((each) => [each, versions[each]]));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", dependencies }));
  const windows = process.platform === "win32";
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  const target = ["--os=linux", `--cpu=${cpu}`, "--libc=glibc", "--loglevel=error"];
  await step("npm", ["install", ...quiet, ...target], { cwd: folder, shell: windows });
  await step(process.execPath, [join(framework, "docker/src/tidy.js"), folder], {
    env: { ...process.env, SOURCE_DATE_EPOCH: sourceDateEpoch },
  });
}

/** @param {readonly string[]} args */
async function main(args) {
  const root = process.cwd();
  const platform = process.env["LAKEHOUSE_PLATFORM"] ?? "linux/arm64";
  const [, cpu] = Object.entries(processors).find(([each]) => each === platform) ?? [];
  if (cpu === undefined) {
    throw new Mistake(
      `error: LAKEHOUSE_PLATFORM is ${platform}.\nhint: Use ${Object.keys(processors).join(" or ")}.\n`,
    );
  }
  const files = join(root, ownFolder, "images");
  for (const name of functions) {
    await makeFiles(name, root, cpu, join(files, name));
  }
  if (args.includes("--files")) {
    return;
  }
  await step(process.execPath, [join(framework, "docker/src/push-command.js")], {
    stdio: "inherit",
    env: { ...process.env, LAKEHOUSE_FILES: files, SOURCE_DATE_EPOCH: sourceDateEpoch },
  });
  copyFileSync(join(framework, "docker/dist/digests.json"), join(root, digestsFile));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Mistake)) {
    throw error;
  }
  process.stderr.write(error.message);
  process.exitCode = 2;
}
