// Bundles the catalog alone, for `lakehouse dev`: again after each edit, in a process that stays.
import { join } from "node:path";
import { build } from "esbuild";
import { findTableMistakes, tablesPlugin } from "./bundle-tables.mjs";

const root = join(import.meta.dirname, "..");

/**
 * Bundles the tables and models that have no mistakes, and their samples.
 *
 * @param {string} tablesRoot The folder with the tables' folders.
 * @param {string} outfile
 * @returns {Promise<import("../packages/tables/src/table-mistake.ts").TableMistake[]>} What it leaves out.
 */
export async function bundleCatalog(tablesRoot, outfile) {
  const mistakes = await findTableMistakes(tablesRoot);
  const source = (/** @type {string} */ name) =>
    JSON.stringify(join(root, "packages/tables/src", name));
  await build({
    absWorkingDir: root,
    stdin: {
      contents: `
        export { catalog } from ${source("catalog.ts")};
        export { sampleGenerator } from ${source("samples.ts")};`,
      resolveDir: root,
    },
    outfile,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    loader: { ".sql": "text" },
    tsconfigRaw: {},
    plugins: [tablesPlugin(tablesRoot, mistakes)],
    sourcemap: "linked",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: "silent",
  });
  return mistakes;
}
