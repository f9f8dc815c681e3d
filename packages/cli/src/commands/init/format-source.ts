/** Arranges TypeScript as the project's formatter does. */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { tablesPath } from "@lakehouse/transforms/project";
import { framework, project } from "../check/folders.ts";

/** @returns The source; only indented if there is no formatter. Its settings leave tables' own folders alone. */
export async function formatSource(file: string, source: string): Promise<string> {
  let program: string;
  try {
    const require = createRequire(join(framework, "package.json"));
    program = join(dirname(require.resolve("@biomejs/biome/package.json")), "bin", "biome");
  } catch {
    return indented(source);
  }
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, "format", `--stdin-file-path=${tablesPath}/${file}`],
      { cwd: project, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => resolve(error === null && stdout !== "" ? stdout : indented(source)),
    );
    child.stdin?.on("error", () => {});
    child.stdin?.end(source);
  });
}

/** Indents each line by the brackets that are open where it begins. */
export function indented(source: string): string {
  let depth = 0;
  return source
    .split("\n")
    .map((line) => {
      // Comments and strings may hold brackets that nothing closes.
      const code = line.replace(/^\s*(\/\/|\/?\*).*|"(?:\\.|[^"\\])*"|\/(?:\\.|[^/\\\s])+\//g, "");
      const opened = (code.match(/[([{]/g)?.length ?? 0) - (code.match(/[)\]}]/g)?.length ?? 0);
      const indent = "  ".repeat(/^[)\]}]/.test(code) ? depth - 1 : depth);
      // Brackets that one line opens are one level, such as `defineTable({`.
      depth = Math.max(depth + Math.sign(opened), 0);
      return line === "" ? line : `${indent}${line}`;
    })
    .join("\n");
}
