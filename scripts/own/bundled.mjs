// Bundles the framework's programs with the user's tables into `.lakehouse`, unless nothing changed.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { settingsFile, tablesPath } from "../../packages/transforms/src/project.ts";
import { lines, sentences } from "../bundle-errors.mjs";
import { bundleProgram } from "../bundle-program.mjs";
import { isFresh, stamp } from "./bundle-cache.mjs";

/** The folder of the framework. */
export const framework = join(import.meta.dirname, "../..");

/** The folder of all that is made from the user's files. */
export const ownFolder = ".lakehouse";

/** A mistake of the user's: its text has an `error: ` and perhaps a `hint: `. */
export class Mistake extends Error {}

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
    file: "bundles/bronze-silver/handler.mjs",
    lenient: false,
    lambda: true,
  },
  "silver-gold": {
    entry: "packages/silver-gold/src/handler",
    file: "bundles/silver-gold/handler.mjs",
    lenient: false,
    lambda: true,
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
export async function bundled(name, root) {
  const { entry, file, lenient, lambda = false } = { lambda: false, ...bundles[name] };
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
    lambda,
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
