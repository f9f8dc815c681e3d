/** Runs the TypeScript compiler on the user's tables. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { checkArguments } from "@lakehouse/transforms/project";
import { framework, project } from "./folders.ts";
import type { Mistake } from "./mistake.ts";

/** A mistake that the type checker found. */
export interface TypeMistake extends Mistake {
  /** The path from the project's root. */
  readonly file: string;
  readonly line: number;
  /** The option that the line begins with: `format` of `  format: "parquet",`. */
  readonly option?: string | undefined;
  /** Whether the file is not TypeScript. The bundler says that too. */
  readonly isSyntax: boolean;
}

/** Finds type errors in the tables' folders. The compiler remembers what it found, and looks at changed files only. */
export async function typeMistakes(): Promise<readonly TypeMistake[]> {
  const manifest = createRequire(join(framework, "package.json")).resolve(
    "typescript/package.json",
  );
  const compiler = join(dirname(manifest), "bin", "tsc");
  const run = promisify(execFile);
  const output = await run(process.execPath, [compiler, ...checkArguments, "--pretty", "false"], {
    cwd: project,
  }).then(
    () => "",
    (error: { readonly stdout?: string }) => {
      if (!error.stdout) {
        throw error;
      }
      return error.stdout;
    },
  );
  const found = output.split("\n").flatMap((line) => mistakeIn(line) ?? []);
  return await Promise.all(
    found.map(async (each) => {
      const source = await readFile(join(project, each.file), "utf8");
      return { ...each, option: optionOf(source, each.line) };
    }),
  );
}

/** The option of a definition that a line begins with. */
export function optionOf(source: string, line: number): string | undefined {
  return /^\s*(\w+)\s*[:(]/.exec(source.split("\n")[line - 1] ?? "")?.[1];
}

/** The mistake in a line such as `src/a.ts(1,2): error TS2304: Cannot find name 'x'.` Lines with more details have none. */
export function mistakeIn(text: string): TypeMistake | undefined {
  const [, file, line, code, message] =
    /^(\S.*?)\((\d+),\d+\): error TS(\d+): (.*?)\s*$/.exec(text) ?? [];
  return file === undefined || line === undefined || code === undefined || message === undefined
    ? undefined
    : {
        file,
        line: Number(line),
        message: `${file}:${line}: ${message}`,
        // TypeScript's numbers of errors of its scanner and parser.
        isSyntax: /^1\d{3}$/.test(code),
      };
}
