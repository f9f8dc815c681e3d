// Bundles one program with the user's tables to one ESM file.
import { globSync, readFileSync, rmSync } from "node:fs";
import { createRequire, findPackageJSON, isBuiltin } from "node:module";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { bundleOptions } from "./bundle-options.mjs";
import { findTableMistakes, tablesPlugin } from "./bundle-tables.mjs";

/** @typedef {import("../packages/tables/src/table-mistake.ts").TableMistake} TableMistake */

/**
 * @typedef {object} Program
 * @property {string} entry the module to bundle
 * @property {string} outfile
 * @property {string} tablesRoot the folder of the tables' folders
 * @property {string} root what paths are relative to
 * @property {readonly string[]} external what the bundle imports by its name
 * @property {import("esbuild").Plugin[]} [plugins]
 * @property {boolean} [lambda] whether to bundle for a short start: what is imported later goes to files beside it, and native
 *   packages' JavaScript into it
 * @property {boolean} lenient whether to leave out tables with mistakes, and tell the bundle about them
 */

/**
 * @typedef {object} Bundled
 * @property {readonly TableMistake[]} mistakes
 * @property {readonly string[]} inputs the files that were bundled, relative to `root`
 */

/**
 * Native modules can't be bundled. The bundle requires those of its own package by name, and others by the path where
 * the package that needs them has them. It loads them with the first module that uses them: an `import` of the bundle
 * would load them all at its start.
 *
 * @param {string} outfile
 * @returns {import("esbuild").Plugin}
 */
function nativeModules(outfile) {
  return {
    name: "native-modules",
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
}

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
 * Requires Node's modules that are dear to import. An ES module runs the getters of all that they export: of HTTP it loads fetch, which
 * takes a tenth of a start, and of `process` it lists Node's options.
 */
const requiredModules = {
  name: "required-modules",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve, onLoad }) {
    const namespace = "required-modules";
    onResolve({ filter: /./, namespace }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^(node:)?(https?|process)$/ }, ({ path }) => ({ path, namespace }));
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `module.exports = require("${path}");`,
    }));
  },
};

/**
 * Lets CommonJS packages that are imported later have named exports. In a file of its own, esbuild gives them only a default one.
 */
const laterPackages = {
  name: "later-packages",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ resolve: find, onResolve, onLoad }) {
    const namespace = "later-packages";
    onResolve({ filter: /^[^./]/ }, async ({ path, kind, pluginData, ...from }) => {
      if (kind !== "dynamic-import" || pluginData === namespace || isBuiltin(path)) {
        return undefined;
      }
      const found = await find(path, { ...from, kind, pluginData: namespace });
      const isFile = found.errors.length === 0 && !found.external;
      const isCommonJs = isFile && !/^(import|export)\b/m.test(readFileSync(found.path, "utf8"));
      return isCommonJs ? { path, namespace, pluginData: found.path } : undefined;
    });
    onLoad({ filter: /./, namespace }, async ({ pluginData: file }) => {
      const { default: exported } = await import(pathToFileURL(file).href);
      const names = Object.keys(exported).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
      return {
        contents: `import all from "./${basename(file)}"; export const { ${names.join(", ")} } = all;`,
        resolveDir: dirname(file),
      };
    });
  },
};

/**
 * The bundle's file, or the files that it is split into. Those of an earlier bundle are removed.
 *
 * @param {string} file @param {boolean} lambda
 * @returns {import("esbuild").BuildOptions}
 */
function output(file, lambda) {
  if (!lambda) {
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

/**
 * @param {Program} program
 * @param {readonly TableMistake[]} mistakes
 * @returns {Promise<readonly string[]>} the files that were bundled
 */
async function bundle(program, mistakes) {
  const { entry, outfile, tablesRoot, root, external, plugins = [], lambda = false } = program;
  const { metafile } = await build({
    ...bundleOptions,
    absWorkingDir: root,
    entryPoints: [resolve(entry)],
    ...output(resolve(outfile), lambda),
    external: [...external],
    plugins: [
      tablesPlugin(tablesRoot, mistakes),
      ...(lambda ? [requiredModules, nativeCode, laterPackages] : [nativeModules(outfile)]),
      ...plugins,
    ],
    legalComments: "none",
    metafile: true,
    // Inlines constants. As variables of the bundle they cost the decoder a tenth of its time.
    minifySyntax: true,
  });
  return Object.keys(metafile.inputs);
}

/**
 * Bundles a program. With mistakes, and unless it is lenient, it bundles nothing.
 *
 * @param {Program} program
 * @returns {Promise<Bundled>}
 * @throws esbuild's error about a file outside of the tables' folders.
 */
export async function bundleProgram(program) {
  // Most of the time there are no mistakes.
  const hopeful = bundle(program, []).then(
    (inputs) => ({ inputs }),
    (/** @type {unknown} */ error) => ({ error }),
  );
  const found = await findTableMistakes(program.tablesRoot);
  // Only the command makes samples.
  const mistakes = program.lenient ? found : found.filter(({ part }) => part !== "sample");
  if (mistakes.length > 0 && !program.lenient) {
    await hopeful;
    return { mistakes, inputs: [] };
  }
  const first = await hopeful;
  if (found.length > 0) {
    return { mistakes, inputs: await bundle(program, found) };
  }
  if ("error" in first) {
    throw first.error;
  }
  return { mistakes, inputs: first.inputs };
}
