/** Loads contracts and models from their source, as a user's program does. */
import { join } from "node:path";
import type { Table } from "@lakehouse/transforms/contract/table";
import { type Catalog, defineCatalog } from "@lakehouse/transforms/model/catalog";
import type { Model } from "@lakehouse/transforms/model/model";
import { type BuildOptions, build, type Plugin } from "esbuild";

/** The table that the source exports. */
export async function loadContract(source: string): Promise<Table> {
  const stdin = { contents: source, resolveDir: import.meta.dirname, loader: "ts" } as const;
  const [table] = Object.values(await load<Table>({ stdin }));
  if (table === undefined) {
    throw new Error("The contract exports no table");
  }
  return table;
}

/** The catalog of one table's folder, wherever the folder is. */
export async function loadFolder(folder: string): Promise<Catalog> {
  const files = ["contract", "models"].map((part) => join(folder, `${part}.ts`));
  const contents = files.map((file) => `export * from ${JSON.stringify(file)};`).join("\n");
  const stdin = { contents, resolveDir: folder, loader: "ts" } as const;
  const plugins = [packagesFromHere];
  const exported = await load<Table | Model>({ stdin, plugins, loader: { ".sql": "text" } });
  const all = Object.values(exported);
  return defineCatalog(
    all.filter((each) => "primaryKey" in each),
    all.filter((each) => "materialization" in each),
  );
}

/** Resolves the packages of this repository for a folder outside of it. */
const packagesFromHere: Plugin = {
  name: "packages-from-here",
  setup({ onResolve, resolve }) {
    onResolve(
      { filter: /^(@lakehouse|serverless-lakehouse)\// },
      async ({ path, kind, importer }) =>
        importer.includes("packages/")
          ? undefined
          : await resolve(path, { kind, resolveDir: import.meta.dirname, importer: "packages/" }),
    );
  },
};

async function load<T>(options: BuildOptions): Promise<Readonly<Record<string, T>>> {
  const { outputFiles = [] } = await build({
    ...options,
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    external: ["nodejs-polars", "apache-arrow"],
  });
  const code = outputFiles[0]?.text ?? "";
  return await import(`data:text/javascript,${encodeURIComponent(code)}`);
}
