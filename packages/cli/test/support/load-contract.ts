/** Loads a contract from its source, as a user's program does. */
import type { Table } from "@lakehouse/transforms/contract/table";
import { build } from "esbuild";

/** The table that the source exports. */
export async function loadContract(source: string): Promise<Table> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    external: ["nodejs-polars", "apache-arrow"],
  });
  const code = outputFiles[0]?.text ?? "";
  const module: Record<string, Table> = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  const [table] = Object.values(module);
  if (table === undefined) {
    throw new Error("The contract exports no table");
  }
  return table;
}
