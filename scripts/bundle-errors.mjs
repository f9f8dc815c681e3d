// Turns esbuild's errors about contracts and models into one sentence each. `toolchain.mjs` prints only these lines.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { didYouMean, nearest } from "../packages/transforms/src/mistakes/nearest.ts";
import { tablesManifest } from "../packages/transforms/src/project.ts";

/** The package with the public API. */
const published = "serverless-lakehouse";

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
    // A module that a plugin makes is no file of the user's.
    const isFile = location !== null && !location.file.startsWith("settings:");
    const file = isFile ? resolve(location.file) : undefined;
    const place =
      file === undefined || location === null
        ? ""
        : `${relative(root, file).replaceAll("\\", "/")}:${location.line}: `;
    const { problem, hint } = explain(text, file === undefined ? root : dirname(file));
    const message = `${place}${problem.replaceAll("\n", " ")}`;
    return hint === undefined ? { message } : { message: `${message} ${hint}`, hint };
  });
}

/** The folders of the packages that tables import. The published package is a folder above. */
const homes = new Map([
  ["@lakehouse/transforms", ["packages/transforms"]],
  ["@lakehouse/tables", ["packages/tables"]],
  [published, ["packages/framework", "."]],
]);

/** @param {string} name A module that is not a file. */
function moduleHint(name) {
  const [, own = "", path = ""] = /^((?:@[^/]+\/)?[^/]+)\/?(.*)$/.exec(name) ?? [];
  const manifest = (homes.get(own) ?? [])
    .map((folder) => join(import.meta.dirname, "..", folder, "package.json"))
    .find((file) => existsSync(file));
  if (manifest === undefined) {
    return `Correct its name. A package must be in the dependencies of ${tablesManifest}.`;
  }
  const { exports } = JSON.parse(readFileSync(manifest, "utf8"));
  const paths = Object.keys(exports)
    .filter((each) => !each.endsWith(".json"))
    .map((each) => each.replace("./", ""));
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
    const defined = [...source.matchAll(/^export (?:const|function|class) (\w+)/gm)];
    const exported = [...source.matchAll(/^export \{([^}]*)\}/gm)];
    const names = [
      ...defined.map(([, each = ""]) => each),
      ...exported.flatMap(([, list = ""]) =>
        list.split(",").map((each) => each.replace("type ", "").trim()),
      ),
    ];
    const [, entry] = /packages\/framework\/src\/(\w+)\.[jt]s$/.exec(from) ?? [];
    const module = entry === undefined ? basename(from) : `${published}/${entry}`;
    const problem = `${module} exports no ${name}.`;
    if (name === "default") {
      return { problem, hint: "Write export default before what it defines." };
    }
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
