// Puts the tables' folders into a bundle, and finds the mistakes in them while the bundle is made.
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve, sep } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { contractless, tablesImport, tablesModule } from "../packages/tables/src/gather.ts";
import { projectRoot } from "../packages/tables/src/project-root.ts";
import { tableParts } from "../packages/tables/src/table-mistake.ts";
import { sentencesOf } from "./bundle-errors.mjs";
import { bundleOptions } from "./bundle-options.mjs";

/** @typedef {import("../packages/tables/src/table-mistake.ts").TableMistake} TableMistake */
/** @typedef {import("../packages/tables/src/table-mistake.ts").TablePart} TablePart */

/** The folder of the framework. */
const framework = join(import.meta.dirname, "..");
/** How long a file may take. One that only waits is refused earlier, by loadPart. */
const loadMilliseconds = 12_000;

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
 * @param {number} [milliseconds] How long a file may take to load.
 * @returns {Promise<TableMistake[]>}
 */
export async function findTableMistakes(tablesRoot, milliseconds = loadMilliseconds) {
  const folder = await mkdtemp(join(tmpdir(), "lakehouse-tables-"));
  try {
    const outfile = join(folder, "tables.mjs");
    /** @type {TableMistake[]} */
    let endless = [];
    for (;;) {
      const { mistakes, inputs } = await unbundled(tablesRoot, outfile, endless);
      const { mistakes: thrown, stuck } = await loaded(outfile, rootOf(tablesRoot), milliseconds);
      if (stuck === undefined) {
        return [...mistakes, ...thrown.map((each) => withCircle(each, tablesRoot, inputs))];
      }
      endless = [...endless, ...endlessly(stuck, tablesRoot, milliseconds)];
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @typedef {Pick<TableMistake, "folder" | "part">} Part */
/** @typedef {import("esbuild").Metafile["inputs"]} Inputs */

/** The root of the project whose tables these are. @param {string} tablesRoot */
function rootOf(tablesRoot) {
  return projectRoot(tablesRoot) ?? framework;
}

/**
 * The path from the project's root.
 *
 * @param {string} tablesRoot @param {string} folder @param {TablePart} part
 */
function shownPath(tablesRoot, folder, part) {
  const file = join(tablesRoot, folder, `${part}.ts`);
  return relative(rootOf(tablesRoot), file).replaceAll("\\", "/");
}

/**
 * Explains what is missing in a file that imports itself through others: not all of them are loaded yet.
 *
 * @param {TableMistake} mistake @param {string} tablesRoot @param {Inputs} inputs
 * @returns {TableMistake}
 */
function withCircle(mistake, tablesRoot, inputs) {
  const { folder, part, message, hint = "" } = mistake;
  const file = shownPath(tablesRoot, folder, part);
  const circle = / of undefined | is not a function|is undefined|is missing/.test(message)
    ? circleFrom(file, file, inputs, [])
    : undefined;
  if (circle === undefined) {
    return mistake;
  }
  const problem = message.slice(0, message.length - hint.length).trimEnd();
  const better = "Remove one of these imports, or move what both need to a third file.";
  const files = `These files import each other: ${circle.join(", ")}.`;
  return { folder, part, message: `${problem} ${files} ${better}`, hint: better };
}

/**
 * Finds the files of a circle of imports.
 *
 * @param {string} from @param {string} to @param {Inputs} inputs @param {string[]} path
 * @returns {string[] | undefined}
 */
function circleFrom(from, to, inputs, path) {
  const before = [...path, from];
  for (const { path: next } of inputs[from]?.imports ?? []) {
    if (next === to) {
      return before.toSorted();
    }
    const circle = before.includes(next) ? undefined : circleFrom(next, to, inputs, before);
    if (circle !== undefined) {
      return circle;
    }
  }
  return undefined;
}

/**
 * Loads the files in a thread, because only a thread can be stopped in an endless loop. The project's root is the current
 * folder, which places in errors are relative to.
 *
 * @param {string} file The bundle.
 * @param {string} root The project's root.
 * @param {number} milliseconds How long a file may take.
 * @returns {Promise<{ mistakes: readonly TableMistake[], stuck?: Part }>}
 */
async function loaded(file, root, milliseconds) {
  const before = process.cwd();
  process.chdir(root);
  const worker = new Worker(file);
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  try {
    return await new Promise((resolve, reject) => {
      worker.on(
        "message",
        (/** @type {{ loading: Part } | { mistakes: TableMistake[] }} */ message) => {
          clearTimeout(timer);
          if ("mistakes" in message) {
            resolve(message);
          } else {
            timer = setTimeout(
              () => resolve({ mistakes: [], stuck: message.loading }),
              milliseconds,
            );
          }
        },
      );
      worker.on("error", reject);
      worker.on("exit", (code) => reject(new Error(`Loading the tables ended with code ${code}.`)));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
    process.chdir(before);
  }
}

/**
 * The mistakes that a file with an endless loop makes: its own, and that of those beside it, which may import it.
 *
 * @param {Part} stuck @param {string} tablesRoot @param {number} milliseconds
 * @returns {TableMistake[]}
 */
function endlessly({ folder, part }, tablesRoot, milliseconds) {
  const file = shownPath(tablesRoot, folder, part);
  const hint =
    "Look for a loop that does not end. Such a file only defines a table, models or a sample.";
  const message = `${file}: it takes longer than ${milliseconds / 1000} s to load. ${hint}`;
  const parts = part === "contract" ? tableParts : [part];
  return parts.map((each) => ({ folder, part: each, message, hint }));
}

/**
 * Bundles what can be bundled.
 *
 * @returns {Promise<{ mistakes: TableMistake[], inputs: Inputs }>} What can't be, and what each bundled file imports.
 *
 * @param {string} tablesRoot @param {string} outfile @param {readonly TableMistake[]} known
 */
async function unbundled(tablesRoot, outfile, known) {
  let mistakes = [...contractless(tablesRoot), ...known];
  for (;;) {
    const { errors, inputs } = await bundle(tablesRoot, mistakes, outfile);
    const found = errors.flatMap((error) => blamed(error, tablesRoot, mistakes));
    if (found.length === 0) {
      return { mistakes, inputs };
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
  const [sentence = { message: error.text }] = sentencesOf([error], rootOf(tablesRoot));
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
 * @returns {Promise<{ errors: import("esbuild").Message[], inputs: Inputs }>}
 */
async function bundle(tablesRoot, mistakes, outfile) {
  const root = rootOf(tablesRoot);
  const tables = join(framework, "packages/tables/src/find-mistakes");
  const names = join(framework, "packages/lake/src/relations");
  try {
    const { metafile } = await build({
      ...bundleOptions,
      metafile: true,
      absWorkingDir: root,
      stdin: {
        contents: `
          import { parentPort } from "node:worker_threads";
          import { findMistakes } from ${JSON.stringify(tables)};
          import { relationsOf } from ${JSON.stringify(names)};
          const onLoad = (loading) => parentPort.postMessage({ loading });
          parentPort.postMessage({ mistakes: await findMistakes(relationsOf, onLoad) });`,
        resolveDir: framework,
      },
      outfile,
      plugins: [tablesPlugin(tablesRoot, mistakes)],
    });
    return { errors: [], inputs: metafile.inputs };
  } catch (error) {
    if (error instanceof Error && "errors" in error && Array.isArray(error.errors)) {
      return { errors: error.errors, inputs: {} };
    }
    throw error;
  }
}
