// Bundles one entry point to one ESM file: node bundle.mjs src/handler.ts dist/handler.mjs
//
// --testing bundles the tables and environments of the product's own tests.
// --lenient leaves out tables with mistakes, and tells the bundle about them. Without it they are errors.
import { createRequire, findPackageJSON } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { lines, sentences } from "./bundle-errors.mjs";
import { bundleOptions } from "./bundle-options.mjs";
import { findTableMistakes, tablesPlugin } from "./bundle-tables.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    testing: { type: "boolean", default: false },
    lenient: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dirname, "..");
const tablesRoot = join(root, values.testing ? "packages/fixtures/tables" : "packages/tables/src");

/** Replaces the user's environments with those of the tests. */
const testEnvironments = {
  name: "test-environments",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve }) {
    onResolve({ filter: /\/environments\.ts$/ }, () => ({
      path: join(root, "infra/testing/environments.ts"),
    }));
  },
};

const [entry, outfile] = positionals;
if (entry === undefined || outfile === undefined) {
  process.stderr.write(
    "Usage: node bundle.mjs [--testing] [--lenient] ENTRY OUTFILE, from the package's folder.\n",
  );
  process.exit(2);
}

/**
 * Native modules can't be bundled. The bundle requires those of its own package by name, and others by the path where
 * the package that needs them has them. It loads them with the first module that uses them: an `import` of the bundle
 * would load them all at its start.
 */
const nativeModules = {
  name: "native-modules",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve, onLoad }) {
    const bundle = resolve(outfile);
    // First, because the rule below matches these names too.
    onResolve({ filter: /./, namespace: "native" }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^(nodejs-polars|@duckdb\/node-api)(\/|$)/ }, ({ path, importer }) => {
      if (canResolve(bundle, path)) {
        return { path, namespace: "native" };
      }
      const file = relative(dirname(bundle), createRequire(importer).resolve(path));
      return { path: file.replaceAll("\\", "/"), namespace: "native" };
    });
    onLoad({ filter: /./, namespace: "native" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * Whether an ES module can import a package. (`require` also looks in NODE_PATH, which pnpm sets for some programs.)
 *
 * @param {string} from A file.
 * @param {string} name The name of a package.
 */
function canResolve(from, name) {
  try {
    return findPackageJSON(name, pathToFileURL(from)) !== undefined;
  } catch {
    return false;
  }
}

/** @param {readonly import("../packages/tables/src/table-mistake.ts").TableMistake[]} mistakes */
async function bundle(mistakes) {
  await build({
    ...bundleOptions,
    entryPoints: [String(entry)],
    outfile: String(outfile),
    // cdktf's libraries are large, and run only where they are installed.
    external: ["cdktf", "constructs", "@cdktf/provider-aws"],
    plugins: [
      tablesPlugin(tablesRoot, mistakes),
      nativeModules,
      ...(values.testing ? [testEnvironments] : []),
    ],
    legalComments: "none",
    // Inlines constants. As variables of the bundle they cost the decoder a tenth of its time.
    minifySyntax: true,
  });
}

try {
  // Most of the time there are no mistakes.
  const hopeful = bundle([]).catch((/** @type {unknown} */ error) => ({ error }));
  const mistakes = await findTableMistakes(tablesRoot);
  // Only the command makes samples.
  const errors = values.lenient ? [] : mistakes.filter(({ part }) => part !== "sample");
  if (errors.length > 0) {
    process.stderr.write(lines(errors));
    process.exit(2);
  }
  const failed = await hopeful;
  if (mistakes.length > 0) {
    await bundle(mistakes);
  } else if (failed !== undefined) {
    throw failed.error;
  }
} catch (error) {
  process.stderr.write(sentences(error, root));
  process.exit(2);
}
