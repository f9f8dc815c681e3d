// Bundles the catalog alone, for `lakehouse dev`: again after each edit, in a process that stays.
import { join } from "node:path";
import { build } from "esbuild";
import { projectRoot } from "../packages/tables/src/project-root.ts";
import { bundleOptions } from "./bundle-options.mjs";
import { findTableMistakes, tablesPlugin } from "./bundle-tables.mjs";

/** The folder of the framework. */
const framework = join(import.meta.dirname, "..");

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
    JSON.stringify(join(framework, "packages/tables/src", name));
  await build({
    ...bundleOptions,
    absWorkingDir: projectRoot(tablesRoot) ?? framework,
    stdin: {
      contents: `
        export { catalog } from ${source("catalog")};
        export { sampleGenerator } from ${source("samples")};`,
      resolveDir: framework,
    },
    outfile,
    plugins: [tablesPlugin(tablesRoot, mistakes)],
  });
  return mistakes;
}
