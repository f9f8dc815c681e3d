// Bundles the catalog alone, for `lakehouse dev`: again after each edit, in a process that stays.
import { join } from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "./bundle-options.mjs";
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
    ...bundleOptions,
    absWorkingDir: root,
    stdin: {
      contents: `
        export { catalog } from ${source("catalog.ts")};
        export { sampleGenerator } from ${source("samples.ts")};`,
      resolveDir: root,
    },
    outfile,
    plugins: [tablesPlugin(tablesRoot, mistakes)],
  });
  return mistakes;
}
