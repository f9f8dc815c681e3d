// Turns esbuild's errors about contracts and models into one sentence each. `toolchain.mjs` prints only these lines.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { didYouMean, nearest } from "../packages/transforms/src/mistakes/nearest.ts";

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
  return lines(sentencesOf(messages, root));
}

/**
 * @param {readonly { message: string, hint?: string | undefined }[]} mistakes The message ends with the hint.
 * @returns {string} Lines that start with `error: ` and `hint: `, each mistake once.
 */
export function lines(mistakes) {
  const each = mistakes.map(({ message, hint }) =>
    hint === undefined
      ? `error: ${message}\n`
      : `error: ${message.slice(0, -hint.length).trimEnd()}\nhint: ${hint}\n`,
  );
  return [...new Set(each)].join("");
}

/**
 * @param {readonly import("esbuild").Message[]} messages
 * @param {string} root The folder that paths are relative to.
 * @returns {{ message: string, hint?: string | undefined }[]} The message ends with the hint.
 */
export function sentencesOf(messages, root) {
  return messages.map(({ text, location }) => {
    const file = location === null ? undefined : resolve(location.file);
    const place =
      file === undefined || location === null
        ? ""
        : `${relative(root, file).replaceAll("\\", "/")}:${location.line}: `;
    const { problem, hint } = explain(text, file === undefined ? root : dirname(file));
    const message = `${place}${problem.replaceAll("\n", " ")}`;
    return hint === undefined ? { message } : { message: `${message} ${hint}`, hint };
  });
}

/** @param {string} name A module that is not a file. */
function moduleHint(name) {
  const [, own = "", path = ""] =
    /^(@lakehouse\/transforms|@lakehouse\/tables)\/(.*)$/.exec(name) ?? [];
  if (own === "") {
    return "Correct its name. A package must be in the dependencies of packages/tables/package.json.";
  }
  const folder = join(import.meta.dirname, "../packages", own.replace("@lakehouse/", ""));
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const paths = Object.keys(exports).map((each) => each.replace("./", ""));
  const found = nearest(path, paths);
  return found === undefined ? "Correct its name." : `Did you mean ${own}/${found}?`;
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
    const found = nearest(target.slice(parent.length + 1), files);
    return {
      problem: `there is no file ${path}.`,
      hint:
        found === undefined
          ? "Write it, or correct the import."
          : `Did you mean ${found}? Write it, or correct the import.`,
    };
  }
  const [, module] = /^Could not resolve "([^.].*)"$/.exec(text) ?? [];
  if (module !== undefined) {
    return { problem: `there is no module ${module}.`, hint: moduleHint(module) };
  }
  const [, file] = /^No loader is configured for "[^"]*" files: (.+)$/.exec(text) ?? [];
  if (file !== undefined) {
    const isSql = file.toLowerCase().endsWith(".sql");
    const hint = `${isSql ? "Let the file's name end with .sql" : "Import .sql, .ts and .json files only"}.`;
    return { problem: `it can't import ${basename(file)}.`, hint };
  }
  if (/^Unexpected "(<<|==|>>)/.test(text)) {
    return { problem: `${text}.`, hint: "If this is a merge conflict, resolve it." };
  }
  return { problem: /[.!?]$/.test(text) ? text : `${text}.` };
}
