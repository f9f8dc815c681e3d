/** The one test configuration: every package's vitest.config.ts calls `testConfig`. */
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import type { Plugin } from "vite";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { tablesImport, tablesModule } from "./packages/tables/src/gather.ts";

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
function tables(): Plugin {
  return {
    name: "tables",
    resolveId: (id) => (tablesImport.test(id) ? `\0${id}` : null),
    load: (id) => (tablesImport.test(id.slice(1)) ? tablesModule(id.slice(1)) : null),
  };
}

/**
 * The test configuration of one package.
 *
 * The JSON report in `test-results/` is an output of the cached `test` task, so that the counts that
 * `npm test` ends with include the packages whose result came from the cache.
 *
 * @param waits Whether the tests mostly wait. Those that compute let them go first: else they would wait for the
 * processor, too.
 */
export function testConfig({ waits = false } = {}): ViteUserConfig {
  if (!waits) {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  }
  return defineConfig({
    plugins: [sqlAsText(), tables()],
    test: {
      include: ["test/**/*.test.ts"],
      environment: "node",
      // For Terraform's providers and the Docker engine, which else collect garbage for a fifth of their time.
      env: { GOGC: "400" },
      pool: "forks",
      testTimeout: 180_000,
      hookTimeout: 180_000,
      passWithNoTests: false,
      reporters: ["default", "json"],
      outputFile: { json: "test-results/vitest.json" },
    },
  });
}
