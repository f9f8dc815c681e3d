// Bundles one entry point to one ESM file: node bundle.mjs src/handler.ts dist/handler.mjs
//
// --testing bundles the tables and environments of the product's own tests.
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { tablesImport, tablesModule } from "../packages/tables/src/gather.ts";
import { sentences } from "./bundle-errors.mjs";

/** Resolves `import … from "tables:contract"`. It finds the tables' folders when the bundle is made. */
const tables = {
  name: "tables",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve, onLoad }) {
    onResolve({ filter: tablesImport }, ({ path }) => ({ path, namespace: "tables" }));
    onLoad({ filter: tablesImport, namespace: "tables" }, ({ path }) => {
      try {
        return { contents: tablesModule(path, tablesRoot), resolveDir: import.meta.dirname };
      } catch (error) {
        return { errors: [{ text: error instanceof Error ? error.message : String(error) }] };
      }
    });
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { testing: { type: "boolean", default: false } },
});
const root = join(import.meta.dirname, "..");
const tablesRoot = values.testing ? join(root, "packages/fixtures/tables") : undefined;

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
    "Usage: node bundle.mjs [--testing] ENTRY OUTFILE, from the package's folder.\n",
  );
  process.exit(2);
}

/**
 * Native modules can't be bundled. The bundle imports those of its own package by name, and others by the path where
 * the package that needs them has them.
 */
const nativeModules = {
  name: "native-modules",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve }) {
    const bundle = resolve(outfile);
    onResolve({ filter: /^(nodejs-polars|@duckdb\/node-api)(\/|$)/ }, ({ path, importer }) => {
      if (canResolve(bundle, path)) {
        return { path, external: true };
      }
      const file = relative(dirname(bundle), createRequire(importer).resolve(path));
      return { path: file.replaceAll("\\", "/"), external: true };
    });
  },
};

/**
 * @param {string} from A file.
 * @param {string} name The name of a package.
 */
function canResolve(from, name) {
  try {
    createRequire(from).resolve(name);
    return true;
  } catch {
    return false;
  }
}

try {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    // cdktf's libraries are large, and run only where they are installed.
    external: ["cdktf", "constructs", "@cdktf/provider-aws"],
    loader: { ".sql": "text" },
    plugins: [tables, nativeModules, ...(values.testing ? [testEnvironments] : [])],
    sourcemap: "linked",
    legalComments: "none",
    // Inlines constants. As variables of the bundle they cost the decoder a tenth of its time.
    minifySyntax: true,
    // CommonJS dependencies call require, which an ES module does not have.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "silent",
  });
} catch (error) {
  process.stderr.write(sentences(error, root));
  process.exit(2);
}
