// Bundles a program with the user's tables, unless nothing changed, and runs it.
import { copyFileSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "../../packages/tables/src/project-root.ts";
import {
  infraPath,
  rootFile,
  settingsFile,
  tablesPath,
} from "../../packages/transforms/src/project.ts";
import { lines, sentences } from "../bundle-errors.mjs";
import { bundleProgram } from "../bundle-program.mjs";
import { withLock } from "../lock.mjs";
import { checksTables, comparesLake, deployVerbs, isCheck } from "../programs.mjs";
import { endAs, run } from "../run.mjs";
import { isFresh, stamp } from "./bundle-cache.mjs";

const framework = join(import.meta.dirname, "../..");

/** The folder of all that is made from the user's files. */
const ownFolder = ".lakehouse";

/** A mistake of the user's: its text has an `error: ` and perhaps a `hint: `. */
class Mistake extends Error {}

/**
 * The programs: the module of each without its extension, its bundle in `.lakehouse`, and whether tables with mistakes are
 * left out.
 */
const bundles = {
  lakehouse: { entry: "packages/cli/src/lakehouse", file: "lakehouse.mjs", lenient: true },
  check: { entry: "packages/cli/src/check", file: "check.mjs", lenient: true },
  synthesize: { entry: "infra/src/main", file: "infra/dist/main.js", lenient: false },
  deploy: { entry: "infra/src/deploy/main", file: "infra/dist/deploy.js", lenient: false },
  "bronze-silver": {
    entry: "packages/bronze-silver/src/handler",
    file: "images/bronze-silver/handler.mjs",
    lenient: false,
  },
  "silver-gold": {
    entry: "packages/silver-gold/src/handler",
    file: "images/silver-gold/handler.mjs",
    lenient: false,
  },
};

/**
 * Replaces the framework's module of environments with the user's settings.
 *
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
function ownEnvironments(root) {
  const file = JSON.stringify(join(root, settingsFile));
  return {
    name: "own-environments",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\/environments\.[jt]s$/ }, () => ({
        path: settingsFile,
        namespace: "settings",
      }));
      onLoad({ filter: /./, namespace: "settings" }, () => ({
        contents: `import config from ${file};\nexport const { environments } = config;`,
        resolveDir: root,
      }));
    },
  };
}

/**
 * Bundles a program, unless its bundle is that of the same files.
 *
 * @param {keyof typeof bundles} name
 * @param {string} root
 * @returns {Promise<string>} the bundle
 */
async function bundled(name, root) {
  const { entry, file, lenient } = bundles[name];
  const outfile = join(root, ownFolder, file);
  const record = join(root, ownFolder, `${name}.json`);
  const { version } = JSON.parse(readFileSync(join(framework, "package.json"), "utf8"));
  const identity = `${version} ${framework}`;
  if (isFresh(record, root, tablesPath, identity)) {
    return outfile;
  }
  rmSync(record, { force: true });
  mkdirSync(dirname(outfile), { recursive: true });
  const { mistakes, inputs } = await bundleProgram({
    entry: join(framework, entry),
    outfile,
    tablesRoot: join(root, tablesPath),
    root,
    external: ["cdktf", "constructs"],
    plugins: [ownEnvironments(root)],
    lenient,
  }).catch((error) => {
    throw new Mistake(sentences(error, root));
  });
  if (mistakes.length > 0 && !lenient) {
    throw new Mistake(lines(mistakes));
  }
  // A mistake may be about a file that is not there.
  if (mistakes.length === 0) {
    stamp(record, root, tablesPath, identity, inputs);
  }
  return outfile;
}

/**
 * @param {"lakehouse" | "lakehouse-aws"} bin
 * @param {readonly string[]} args
 */
async function program(bin, args) {
  const root = projectRoot(process.cwd());
  if (root === undefined) {
    throw new Mistake(
      `error: There is no ${rootFile} in this folder or above it.\n` +
        "hint: Run it in the folder that npm create serverless-lakehouse made.\n",
    );
  }
  const [verb = "", ...rest] = args;
  const deploys = bin === "lakehouse-aws";
  if (deploys && !deployVerbs.includes(verb)) {
    throw new Mistake(
      `error: lakehouse-aws has no program ${JSON.stringify(verb)}.\nhint: Its programs are ${deployVerbs.join(", ")}.\n`,
    );
  }
  const own = join(root, ownFolder);
  mkdirSync(own, { recursive: true });
  const env = {
    NODE_COMPILE_CACHE: join(own, "compile-cache"),
    // Where relative paths on the command line start. npm sets it, but not every way to run a bin does.
    INIT_CWD: process.cwd(),
    LAKEHOUSE_PAGE: join(framework, "packages/page/dist"),
    ...process.env,
  };
  // Both commands of `lakehouse generate … | lakehouse ingest … -` may need to bundle.
  return await withLock(join(own, "lock"), async () => {
    if (!deploys) {
      const file = await bundled(isCheck(args) ? "check" : "lakehouse", root);
      return { root, files: [file], args, env };
    }
    await bundled("synthesize", root);
    const lock = ".terraform.lock.hcl";
    copyFileSync(join(framework, "infra", lock), join(root, infraPath, lock));
    const file = await bundled("deploy", root);
    const check = checksTables(verb, rest) ? [await bundled("check", root)] : [];
    const settings = comparesLake(verb, rest)
      ? { LAKEHOUSE_COMMAND: await bundled("lakehouse", root) }
      : {};
    return { root, files: [...check, file], args, env: { ...env, ...settings } };
  });
}

/**
 * Runs a program in place of this process.
 *
 * @param {"lakehouse" | "lakehouse-aws"} bin
 * @param {readonly string[]} given its arguments
 */
export async function runProgram(bin, given) {
  try {
    const { root, files, args, env } = await program(bin, given);
    const [check] = files.length > 1 ? files : [];
    if (check !== undefined) {
      const checked = await run(process.execPath, [check], {
        cwd: root,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      });
      if (checked.code !== 0) {
        endAs(checked);
        return;
      }
    }
    endAs(await run(process.execPath, [String(files.at(-1)), ...args], { cwd: root, env }));
  } catch (error) {
    if (!(error instanceof Mistake)) {
      throw error;
    }
    process.stderr.write(error.message);
    process.exitCode = 2;
  }
}
