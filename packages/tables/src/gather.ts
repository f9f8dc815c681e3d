/**
 * Finds the tables' folders, so that nobody has to list them. With it, scripts/bundle-tables.mjs and vitest.shared.ts
 * resolve `import { modules } from "tables:contract"` (or models, or sample) to that file of every folder.
 */
import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

import { projectRoot } from "./project-root.ts";
import { type TableMistake, type TablePart, tableParts } from "./table-mistake.ts";

const here = import.meta.dirname;

/** The specifiers of such imports. */
export const tablesImport = /^tables:(contract|models|sample|sql|parts|mistakes)$/;

/**
 * Generates the source of a module:
 *
 * - `tables:contract`, `tables:models`, `tables:sample` export `modules`: a list of [folder, module], sorted by folder.
 * - `tables:sql` exports `files`: the text of each .sql file, by its path.
 * - `tables:parts` exports `parts`: a list of [folder, part, function that imports it].
 * - `tables:mistakes` exports `mistakes`.
 *
 * @param root The folder that holds the tables' folders.
 * @param mistakes The files to leave out.
 */
export function tablesModule(
  specifier: string,
  root = here,
  mistakes: readonly TableMistake[] = [],
): string {
  const name = specifier.slice("tables:".length);
  const part = tableParts.find((each) => each === name);
  if (part !== undefined) {
    const found = filesOf(root, part, mistakes);
    const imports = found.map(
      ([, file], index) => `import * as m${index} from ${JSON.stringify(file)};`,
    );
    const entries = found.map(([folder], index) => `[${JSON.stringify(folder)}, m${index}]`);
    return [...imports, `export const modules = [${entries.join(", ")}];`].join("\n");
  }
  switch (name) {
    case "parts": {
      const entries = tableParts.flatMap((each) =>
        filesOf(root, each, mistakes).map(
          ([folder, file]) =>
            `[${JSON.stringify(folder)}, ${JSON.stringify(each)}, () => import(${JSON.stringify(file)})]`,
        ),
      );
      return `export const parts = [${entries.join(", ")}];`;
    }
    case "mistakes":
      return `export const mistakes = ${JSON.stringify(mistakes)};`;
    default:
      return sqlModule(root);
  }
}

/** The path of this part in each folder that has it. */
function filesOf(
  root: string,
  part: TablePart,
  mistakes: readonly TableMistake[],
): [folder: string, file: string][] {
  return foldersIn(root)
    .filter((folder) => !mistakes.some((each) => each.folder === folder && each.part === part))
    .map((folder): [string, string] => [folder, join(root, folder, `${part}.ts`)])
    .filter(([, file]) => existsSync(file));
}

/** The folders without a contract. */
export function contractless(root = here): TableMistake[] {
  return foldersIn(root)
    .filter((folder) => !existsSync(join(root, folder, "contract.ts")))
    .flatMap((folder) => {
      const path = join(root, folder);
      const hint = contractHint(path);
      const message = `${pathOf(root, path)} has no contract.ts. ${hint}`;
      return tableParts.map((part) => ({ folder, part, message, hint }));
    });
}

function contractHint(path: string): string {
  const files = existsSync(path) ? readdirSync(path) : [];
  const found = files.find((file) => /^contracts?\.[cm]?[jt]sx?$/i.test(file));
  return found === undefined
    ? "Every folder there is one table: write its contract (see docs/add-a-table.md), or remove the folder."
    : `Rename ${found} to contract.ts.`;
}

function foldersIn(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => isFolder(root, entry))
    .map((entry) => entry.name)
    .sort();
}

/** A link counts as the folder that it leads to. One that leads nowhere counts, too, so that it is reported. */
function isFolder(root: string, entry: Dirent): boolean {
  const isLinkedFile = (): boolean =>
    statSync(join(root, entry.name), { throwIfNoEntry: false })?.isFile() === true;
  return entry.isDirectory() || (entry.isSymbolicLink() && !isLinkedFile());
}

/** The path from the project's root. @param root The folder that holds the tables' folders. */
function pathOf(root: string, path: string): string {
  return relative(projectRoot(root) ?? root, path).replaceAll("\\", "/");
}

/** The texts of all SQL files, by their paths from the project's root. */
function sqlModule(root: string): string {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sql"))
    .map((file) => join(root, file))
    .sort();
  const imports = files.map((file, index) => `import t${index} from ${JSON.stringify(file)};`);
  const entries = files.map((file, index) => `[${JSON.stringify(pathOf(root, file))}, t${index}]`);
  return [...imports, `export const files = [${entries.join(", ")}];`].join("\n");
}
