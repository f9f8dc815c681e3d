/** The infrastructure reads contracts but loads no native code, so it also runs where none is installed. */
import { fileURLToPath } from "node:url";
import { tablesImport, tablesModule } from "@lakehouse/tables/testing/gather";
import { build } from "esbuild";
import { expect, test } from "vitest";

const source = fileURLToPath(new URL("../../src/", import.meta.url));
const tables = fileURLToPath(new URL("../../../packages/fixtures/tables", import.meta.url));
const environments = fileURLToPath(new URL("../../testing/environments.ts", import.meta.url));
const native = ["nodejs-polars", "@duckdb/node-api", "apache-arrow"];

/** The external imports and the files of the entry point's bundle. */
async function bundled(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [`${source}${entry}`],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    external: [...native, "cdktf", "constructs", "@cdktf/provider-aws"],
    loader: { ".sql": "text" },
    logLevel: "silent",
    plugins: [
      {
        name: "tables-and-environments",
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /\/environments\.ts$/ }, () => ({ path: environments }));
          onResolve({ filter: tablesImport }, ({ path }) => ({ path, namespace: "tables" }));
          onLoad({ filter: tablesImport, namespace: "tables" }, ({ path }) => ({
            contents: tablesModule(path, tables),
            resolveDir: source,
          }));
        },
      },
    ],
  });
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports);
  return [...Object.keys(metafile.inputs), ...imported.map(({ path }) => path)];
}

test.each([
  ["main.ts", "types/decimal.ts"],
  ["deploy/main.ts", "deploy/main.ts"],
])("%s", async (entry, known) => {
  const loaded = await bundled(entry);
  expect(loaded.filter((path) => path.endsWith(known))).toHaveLength(1);
  expect(loaded.filter((path) => native.some((name) => path.includes(name)))).toEqual([]);
});
