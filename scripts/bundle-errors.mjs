// Turns esbuild's errors about contracts and models into one sentence each. `toolchain.mjs` prints only these lines.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { didYouMean } from "../packages/transforms/src/mistakes/nearest.ts";

/**
 * @param {unknown} error The error that esbuild's `build` threw.
 * @param {string} root The folder that paths are relative to.
 * @returns {string} Lines that start with `error: ` and `hint: `.
 */
export function sentences(error, root) {
  const messages = error instanceof Error && "errors" in error ? error.errors : undefined;
  if (!Array.isArray(messages) || messages.length === 0) {
    throw error;
  }
  return messages.map((message) => sentence(message, root)).join("");
}

/** @param {import("esbuild").Message} message @param {string} root */
function sentence({ text, location }, root) {
  const file = location === null ? undefined : resolve(location.file);
  const place =
    file === undefined || location === null
      ? ""
      : `${relative(root, file).replaceAll("\\", "/")}:${location.line}: `;
  const { problem, hint } = explain(text, file === undefined ? root : dirname(file));
  return `error: ${place}${problem.replaceAll("\n", " ")}\n${hint === undefined ? "" : `hint: ${hint}\n`}`;
}

/**
 * @param {string} text
 * @param {string} folder The folder of the file.
 * @returns {{ problem: string, hint?: string }}
 */
function explain(text, folder) {
  const [, from, name] = /^No matching export in "(.+)" for import "(.+)"$/.exec(text) ?? [];
  if (from !== undefined && name !== undefined) {
    const source = existsSync(resolve(from)) ? readFileSync(resolve(from), "utf8") : "";
    const names = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(
      ([, each = ""]) => each,
    );
    const problem = `${from.replace(/^.*\//, "")} exports no ${name}.`;
    return names.length === 0 ? { problem } : { problem, hint: didYouMean(name, names) };
  }
  const [, path] = /^Could not resolve "(\..+)"$/.exec(text) ?? [];
  if (path !== undefined) {
    const target = join(folder, path);
    const parent = dirname(target);
    const files = existsSync(parent) ? readdirSync(parent) : [];
    const wanted = target.slice(parent.length + 1);
    return {
      problem: `there is no file ${path}.`,
      hint:
        files.length === 0
          ? "Write it."
          : `${didYouMean(wanted, files)} Write it, or correct the import.`,
    };
  }
  const [problem = text, ...hint] = text.split(/(?<=\.) (?=Every folder)/);
  return {
    problem: /[.!?]$/.test(problem) ? problem : `${problem}.`,
    ...(hint.length === 0 ? {} : { hint: hint.join(" ") }),
  };
}
