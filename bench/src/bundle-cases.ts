/**
 * Bundles every case, src/<folder>/<name>.case.ts, to dist/<folder>/<name>.mjs. A case runs like a Lambda's code, without
 * a TypeScript loader in memory.
 */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bundler = fileURLToPath(new URL("../../scripts/bundle.mjs", import.meta.url));

for (const entry of globSync("src/*/*.case.ts", { cwd: root })) {
  const outfile = entry.replace(/^src/, "dist").replace(/\.case\.ts$/, ".mjs");
  execFileSync(process.execPath, [bundler, "--testing", entry, outfile], {
    cwd: root,
    stdio: "inherit",
  });
}
