// Puts the tables' folders into a bundle, and finds the mistakes in them while the bundle is made.
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { contractless, tablesImport, tablesModule } from "../packages/tables/src/gather.ts";
import { tableParts } from "../packages/tables/src/table-mistake.ts";
import { sentencesOf } from "./bundle-errors.mjs";

/** @typedef {import("../packages/tables/src/table-mistake.ts").TableMistake} TableMistake */
/** @typedef {import("../packages/tables/src/table-mistake.ts").TablePart} TablePart */

const root = join(import.meta.dirname, "..");

/**
 * Resolves `import … from "tables:contract"`.
 *
 * @param {string} tablesRoot The folder with the tables' folders.
 * @param {readonly TableMistake[]} mistakes What to leave out.
 * @returns {import("esbuild").Plugin}
 */
export function tablesPlugin(tablesRoot, mistakes) {
  return {
    name: "tables",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: tablesImport }, ({ path }) => ({ path, namespace: "tables" }));
      onLoad({ filter: tablesImport, namespace: "tables" }, ({ path }) => ({
        contents: tablesModule(path, tablesRoot, mistakes),
        resolveDir: import.meta.dirname,
      }));
    },
  };
}

/**
 * Finds all mistakes in contracts, models and samples, by bundling and loading each on its own.
 *
 * @param {string} tablesRoot The folder with the tables' folders.
 * @returns {Promise<TableMistake[]>}
 */
export async function findTableMistakes(tablesRoot) {
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-tables-"));
  try {
    const outfile = join(folder, "tables.mjs");
    const mistakes = await unbundled(tablesRoot, outfile);
    const { mistakes: thrown } = await loadFrom(outfile);
    return [...mistakes, ...thrown];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loads a bundle with the repository as the current folder, which places in errors are relative to. @param {string} file */
async function loadFrom(file) {
  const before = process.cwd();
  process.chdir(root);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    process.chdir(before);
  }
}

/**
 * Bundles what can be bundled. @returns {Promise<TableMistake[]>} What can't.
 *
 * @param {string} tablesRoot @param {string} outfile
 */
async function unbundled(tablesRoot, outfile) {
  let mistakes = contractless(tablesRoot);
  for (;;) {
    const errors = await bundle(tablesRoot, mistakes, outfile);
    const found = errors.flatMap((error) => blamed(error, tablesRoot, mistakes));
    if (found.length === 0) {
      return mistakes;
    }
    mistakes = [...mistakes, ...found];
  }
}

/**
 * The files to leave out because of an error: the one that it names, and once that is out, all that may import it.
 *
 * @param {import("esbuild").Message} error
 * @param {string} tablesRoot
 * @param {readonly TableMistake[]} known
 * @returns {TableMistake[]}
 */
function blamed(error, tablesRoot, known) {
  const file = resolve(error.location?.file ?? "");
  const [folder = "", ...path] = relative(tablesRoot, file).split(sep);
  const [sentence = { message: error.text }] = sentencesOf([error], root);
  /** @param {string} each @param {TablePart} part */
  const isLeft = (each, part) =>
    !known.some((mistake) => mistake.folder === each && mistake.part === part);
  const part = tableParts.find((each) => path.length === 1 && basename(file) === `${each}.ts`);
  const own = (part === undefined || !isLeft(folder, part) ? tableParts : [part]).filter((each) =>
    isLeft(folder, each),
  );
  if (folder === ".." || own.length === 0) {
    throw Object.assign(new Error(sentence.message), { errors: [error] });
  }
  return own.map((each) => ({ folder, part: each, ...sentence }));
}

/**
 * @param {string} tablesRoot @param {readonly TableMistake[]} mistakes @param {string} outfile
 * @returns {Promise<import("esbuild").Message[]>} The errors.
 */
async function bundle(tablesRoot, mistakes, outfile) {
  const tables = join(root, "packages/tables/src/find-mistakes.ts");
  const names = join(root, "packages/lake/src/relations.ts");
  try {
    await build({
      stdin: {
        contents: `
          import { findMistakes } from ${JSON.stringify(tables)};
          import { relationsOf } from ${JSON.stringify(names)};
          export const mistakes = await findMistakes(relationsOf);`,
        resolveDir: root,
      },
      outfile,
      bundle: true,
      platform: "node",
      target: "node24",
      format: "esm",
      mainFields: ["module", "main"],
      loader: { ".sql": "text" },
      plugins: [tablesPlugin(tablesRoot, mistakes)],
      sourcemap: "linked",
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      logLevel: "silent",
    });
    return [];
  } catch (error) {
    if (error instanceof Error && "errors" in error && Array.isArray(error.errors)) {
      return error.errors;
    }
    throw error;
  }
}
