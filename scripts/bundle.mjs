// Bundles one entry point to one ESM file: node bundle.mjs src/handler.ts dist/handler.mjs
//
// --lambda bundles for a short start: what is imported later goes to files beside it, and native packages' JavaScript into it.
// --testing bundles the tables and environments of the product's own tests.
// --lenient leaves out tables with mistakes, and tells the bundle about them. Without it they are errors.
import { globSync, rmSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
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
    lambda: { type: "boolean", default: false },
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
    "Usage: node bundle.mjs [--testing] [--lenient] [--lambda] ENTRY OUTFILE, from the package's folder.\n",
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

/**
 * Bundles the JavaScript of the native packages too, because Node takes long to find and compile their 200 files. The rest is
 * required from the package that needs it.
 */
const nativeCode = {
  name: "native-code",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve, onLoad }) {
    for (const [filter, owner] of /** @type {const} */ ([
      [/^\.\.?\/native-polars\.js$/, "nodejs-polars"],
      [/^@duckdb\/node-bindings$/, "@duckdb/node-api"],
    ])) {
      onResolve({ filter }, ({ path }) => ({
        path: path.startsWith(".") ? `./${basename(path)}` : path,
        namespace: "native-code",
        pluginData: owner,
      }));
    }
    onLoad({ filter: /./, namespace: "native-code" }, ({ path, pluginData: owner }) => ({
      contents: `module.exports = __createRequire(require.resolve("${owner}"))("${path}");`,
    }));
  },
};

/**
 * Requires Node's HTTP modules. To import them as ES modules also loads its fetch, with the getters of all that they export,
 * which takes a tenth of a start.
 */
const httpModules = {
  name: "http-modules",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./, namespace: "http" }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^(node:)?https?$/ }, ({ path }) => ({ path, namespace: "http" }));
    onLoad({ filter: /./, namespace: "http" }, ({ path }) => ({
      contents: `module.exports = require("${path}");`,
    }));
  },
};

/** The bundle's file, or the files that it is split into. Those of an earlier bundle are removed. */
function output() {
  const file = String(outfile);
  if (!values.lambda) {
    return { outfile: file };
  }
  for (const chunk of globSync("chunk-*.mjs*", { cwd: dirname(file) })) {
    rmSync(join(dirname(file), chunk));
  }
  const extension = extname(file);
  return {
    outdir: dirname(file),
    entryNames: basename(file, extension),
    chunkNames: "chunk-[hash]",
    outExtension: { ".js": extension },
    splitting: true,
  };
}

/** @param {readonly import("../packages/tables/src/table-mistake.ts").TableMistake[]} mistakes */
async function bundle(mistakes) {
  await build({
    ...bundleOptions,
    entryPoints: [String(entry)],
    ...output(),
    // cdktf's libraries are large, and run only where they are installed.
    external: ["cdktf", "constructs", "@cdktf/provider-aws"],
    plugins: [
      tablesPlugin(tablesRoot, mistakes),
      ...(values.lambda ? [httpModules, nativeCode] : [nativeModules]),
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
