/** The one test configuration: every package's vitest.config.ts calls `testConfig`. */
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import type { Plugin } from "vite";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { tablesImport, tablesModule } from "./packages/tables/src/gather.ts";

const fixtures = join(import.meta.dirname, "packages/fixtures/tables");
const userTables = join(import.meta.dirname, "packages/tables/src");

/** Loads a `.sql` file as its text, as the bundle does (scripts/bundle.mjs). */
function sqlAsText(): Plugin {
  return {
    name: "sql-as-text",
    enforce: "pre",
    async load(id) {
      const [path] = id.split("?");
      if (path?.endsWith(".sql") !== true) {
        return null;
      }
      return `export default ${JSON.stringify(await readFile(path, "utf8"))};`;
    },
  };
}

/** Finds the tables' folders for `import … from "tables:contract"`, as the bundle does. */
function tables(root: string): Plugin {
  return {
    name: "tables",
    resolveId: (id) => (tablesImport.test(id) ? `\0${id}` : null),
    load: (id) => (tablesImport.test(id.slice(1)) ? tablesModule(id.slice(1), root) : null),
  };
}

/** What a package can set. */
export interface TestOptions {
  /**
   * Whether the tests mostly wait for processes or the network. All others run at a lower priority, so that these do not
   * wait for the processor too.
   */
  readonly waits?: boolean;
  /** Which tables the catalog holds. The product's tests use the fixtures, so that a user's tables can't break them. */
  readonly catalog?: "fixtures" | "user";
}

/**
 * The test configuration of one package.
 *
 * A test's tier is its folder: `test/unit`, `test/integration`, … (CONTRIBUTING.md). A run names one:
 * `vitest run test/unit/`.
 */
export function testConfig({
  waits = false,
  catalog = "fixtures",
}: TestOptions = {}): ViteUserConfig {
  if (!waits) {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  }
  return defineConfig({
    plugins: [sqlAsText(), tables(catalog === "user" ? userTables : fixtures)],
    test: {
      include: ["test/**/*.test.ts"],
      environment: "node",
      // Terraform's providers and the Docker engine otherwise spend a fifth of their time on garbage collection.
      env: { GOGC: "400" },
      pool: "forks",
      testTimeout: 180_000,
      hookTimeout: 180_000,
      passWithNoTests: false,
    },
  });
}
