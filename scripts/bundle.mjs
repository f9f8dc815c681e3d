// Bundles one entry point to one ESM file: node bundle.mjs src/handler.ts dist/handler.mjs
//
// --lambda bundles for a short start: what is imported later goes to files beside it, and native packages' JavaScript into it.
// --testing bundles the tables and environments of the product's own tests.
// --lenient leaves out tables with mistakes, and tells the bundle about them. Without it they are errors.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tablesPath } from "../packages/transforms/src/project.ts";
import { lines, sentences } from "./bundle-errors.mjs";
import { bundleProgram } from "./bundle-program.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    testing: { type: "boolean", default: false },
    lenient: { type: "boolean", default: false },
    lambda: { type: "boolean", default: false },
  },
});
const root = join(import.meta.dirname, "..");

/** Replaces the user's environments with those of the tests. */
const testEnvironments = {
  name: "test-environments",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onResolve }) {
    onResolve({ filter: /\/environments\.ts$/ }, () => ({
      path: join(root, "infra/testing/environments.ts"),
    }));
  },
};

const [entry, outfile] = positionals;
if (entry === undefined || outfile === undefined) {
  process.stderr.write(
    "Usage: node bundle.mjs [--testing] [--lenient] [--lambda] ENTRY OUTFILE, from the package's folder.\n",
  );
  process.exit(2);
}

try {
  const { mistakes } = await bundleProgram({
    entry,
    outfile,
    tablesRoot: join(root, values.testing ? "packages/fixtures/tables" : tablesPath),
    root: process.cwd(),
    // cdktf's libraries are large, and run only where they are installed.
    external: ["cdktf", "constructs", "@cdktf/provider-aws"],
    plugins: values.testing ? [testEnvironments] : [],
    lenient: values.lenient,
    lambda: values.lambda,
  });
  if (mistakes.length > 0 && !values.lenient) {
    process.stderr.write(lines(mistakes));
    process.exitCode = 2;
  }
} catch (error) {
  process.stderr.write(sentences(error, root));
  process.exitCode = 2;
}
