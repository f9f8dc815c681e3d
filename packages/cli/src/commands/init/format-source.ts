/** Arranges TypeScript as the repository's formatter does. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { repository } from "../check/folders.ts";

/** @returns The source, or the same source if there is no formatter. Its settings leave tables' own folders alone. */
export async function formatSource(file: string, source: string): Promise<string> {
  let program: string;
  try {
    const require = createRequire(join(repository, "package.json"));
    program = join(dirname(require.resolve("@biomejs/biome/package.json")), "bin", "biome");
  } catch {
    return source;
  }
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, "format", `--stdin-file-path=packages/tables/src/${file}`],
      { cwd: repository, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => resolve(error === null && stdout !== "" ? stdout : source),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(source);
  });
}
