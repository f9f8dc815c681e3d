#!/usr/bin/env node
// `npm create serverless-lakehouse FOLDER`: copies the template, and installs the framework.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";

const usage = `Usage: npm create serverless-lakehouse FOLDER

Makes the folder of a lakehouse of your own, and installs the framework in it.

Options (after "--"):
  --no-install         write the files only
  --framework VERSION  another version of the framework, or the path of its tarball
  --help               print this`;

/** The version of this package. The framework of the same version belongs to it. */
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "package.json"), "utf8"));
const template = join(import.meta.dirname, "template");

/** A mistake of the user's. */
class UsageError extends Error {
  /** @param {string} problem @param {string} hint */
  constructor(problem, hint) {
    super(`error: ${problem}\nhint: ${hint}`);
  }
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        framework: { type: "string", default: version },
        "no-install": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(
      error instanceof Error ? error.message : String(error),
      "--help shows the options.",
    );
  }
}

/** The name of the package in a folder, as npm allows it. @param {string} folder */
function packageName(folder) {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[-._]+/, "");
  return name === "" ? "lakehouse" : name;
}

/** @param {string} folder @param {string} framework */
function writeFolder(folder, framework) {
  if (existsSync(folder) && readdirSync(folder).some((name) => name !== ".git")) {
    throw new UsageError(`${folder} is not empty.`, "Name a new folder. Nothing was changed.");
  }
  mkdirSync(folder, { recursive: true });
  cpSync(template, folder, { recursive: true });
  // npm leaves files of this name out of packages.
  renameSync(join(folder, "gitignore"), join(folder, ".gitignore"));
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const isPath = /[\\/]|\.tgz$/.test(framework) && !framework.includes(":");
  const spec = isPath
    ? `file:${relative(folder, resolve(framework)).replaceAll("\\", "/")}`
    : framework;
  const dependencies = { "serverless-lakehouse": spec };
  writeFileSync(
    file,
    `${JSON.stringify({ name: packageName(folder), ...manifest, dependencies }, null, 2)}\n`,
  );
}

/** @param {string} folder @returns {boolean} whether it worked */
function install(folder) {
  process.stdout.write("Installing the framework …\n");
  const args = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", args, {
    cwd: folder,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  return status === 0;
}

/** Earlier versions of Node can't load the framework, and npm leaves out packages that they can't load. */
function checkNode() {
  if (Number(process.versions.node.split(".")[0]) < 24) {
    throw new UsageError(
      `The framework needs Node 24 or later, and this is ${process.version}.`,
      "Install Node 24 (https://nodejs.org), then run it again. Nothing was written.",
    );
  }
}

function main() {
  const { values, positionals } = options();
  const [name] = positionals;
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (name === undefined || positionals.length > 1) {
    throw new UsageError("Name one folder.", "npm create serverless-lakehouse my-lake");
  }
  checkNode();
  const folder = resolve(name);
  writeFolder(folder, values.framework);
  process.stdout.write(`Made ${folder}.\n`);
  const installs = !values["no-install"];
  if (installs && !install(folder)) {
    throw new UsageError(
      "npm install failed. The files are written.",
      `Run npm install in ${folder}.`,
    );
  }
  const next = [`cd ${name}`, ...(installs ? [] : ["npm install"]), "npm start", "npm test"];
  process.stdout.write(`\nNow try:\n${next.map((each) => `  ${each}\n`).join("")}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof UsageError)) {
    throw error;
  }
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
