/** All tests of the workspace, one project per package: `vitest run test/unit/` runs one tier of each. */
import { defineConfig, mergeConfig } from "vitest/config";
import { testConfig } from "./vitest.shared.ts";

export default defineConfig({
  test: {
    projects: [
      "packages/*/vitest.config.ts",
      "infra",
      "docker",
      "bench",
      // The repository itself, with the user's own tables.
      mergeConfig(testConfig({ catalog: "user" }), { test: { name: "repository" } }),
    ],
    passWithNoTests: false,
  },
});
