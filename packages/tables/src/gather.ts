/**
 * Finds the tables' folders, so that nobody keeps a list of them: scripts/bundle.mjs and vitest.shared.ts let
 * `import { modules } from "tables:contract"` (or models, or sample) give every folder's file of that name.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;

/** What such an import looks like. */
export const tablesImport = /^tables:(contract|models|sample)$/;

/**
 * Makes the module that `tables:PART` stands for.
 *
 * @param specifier `tables:contract`, `tables:models` or `tables:sample`.
 * @param root The folder of the tables' folders.
 * @returns Its source: `modules`, a list of [folder, module], in the order of the folders' names.
 */
export function tablesModule(specifier: string, root = here): string {
  const part = specifier.slice("tables:".length);
  const folders = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  const contractless = folders.find((folder) => !existsSync(join(root, folder, "contract.ts")));
  if (contractless !== undefined) {
    throw new Error(
      `${join(root, contractless)} has no contract.ts. Every folder there is one table: write its ` +
        "contract (see docs/add-a-table.md), or remove the folder.",
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
