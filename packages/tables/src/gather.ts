/**
 * Finds the tables' folders, so that nobody has to list them. With it, scripts/bundle.mjs and vitest.shared.ts resolve
 * `import { modules } from "tables:contract"` (or models, or sample) to that file of every folder.
 */
import { existsSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

const here = import.meta.dirname;

/** The specifiers of such imports. */
export const tablesImport = /^tables:(contract|models|sample|sql)$/;

/**
 * Generates the module `tables:PART`.
 *
 * @param specifier `tables:contract`, `tables:models` `tables:sample`, or `tables:sql` for the text of each .sql file by its path.
 * @param root The folder that holds the tables' folders.
 * @returns Its source. It exports `modules`, a list of [folder, module], sorted by folder.
 */
export function tablesModule(specifier: string, root = here): string {
  const part = specifier.slice("tables:".length);
  if (part === "sql") {
    return sqlModule(root);
  }
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const contractless = folders.find((folder) => !existsSync(join(root, folder, "contract.ts")));
  if (contractless !== undefined) {
    const folder = relative(join(here, "../../.."), join(root, contractless)).replaceAll("\\", "/");
    throw new Error(
      `${folder} has no contract.ts. ` +
        "Every folder there is one table: write its contract (see docs/add-a-table.md), or remove the folder.",
    );
  }
  const found = folders.filter((folder) => existsSync(join(root, folder, `${part}.ts`)));
  const imports = found.map(
    (folder, index) =>
      `import * as m${index} from ${JSON.stringify(join(root, folder, `${part}.ts`))};`,
  );
  const entries = found.map((folder, index) => `[${JSON.stringify(folder)}, m${index}]`);
  return [...imports, `export const modules = [${entries.join(", ")}];`].join("\n");
}

/** The texts of all SQL files, by their paths from the repository's root. */
function sqlModule(root: string): string {
  const files = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sql"))
    .map((file) => join(root, file))
    .sort();
  const imports = files.map((file, index) => `import t${index} from ${JSON.stringify(file)};`);
  const entries = files.map((file, index) => {
    const path = relative(join(here, "../../.."), file).replaceAll("\\", "/");
    return `[${JSON.stringify(path)}, t${index}]`;
  });
  return [...imports, `export const files = [${entries.join(", ")}];`].join("\n");
}
