// Decides whether a bundle in `.lakehouse` is still that of the user's files.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @typedef {object} Stamp
 * @property {string} framework the framework's version and folder
 * @property {Readonly<Record<string, string>>} files the digest of each file, by its path from the root
 */

/** The files that say which version of a package is installed. */
const lockfiles = ["package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

/** @param {string} root @param {string} tablesPath @param {readonly string[]} inputs @returns {Record<string, string>} */
function digests(root, tablesPath, inputs) {
  const listed = existsSync(join(root, tablesPath))
    ? readdirSync(join(root, tablesPath), { recursive: true, encoding: "utf8" }).map((file) =>
        join(tablesPath, file),
      )
    : [];
  const own = inputs.filter((file) => !file.includes("node_modules") && !file.includes(":"));
  const files = [...new Set([...listed, ...own, ...lockfiles])].sort();
  return Object.fromEntries(files.map((file) => [file, digest(join(root, file))]));
}

/** @param {string} path */
function digest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    return "missing";
  }
  return found.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "folder";
}

/**
 * Whether nothing changed since the bundle was made.
 *
 * @param {string} file the stamp of the bundle
 * @param {string} root @param {string} tablesPath @param {string} framework
 */
export function isFresh(file, root, tablesPath, framework) {
  try {
    /** @type {Stamp} */
    const stamp = JSON.parse(readFileSync(file, "utf8"));
    const now = digests(root, tablesPath, Object.keys(stamp.files));
    return stamp.framework === framework && JSON.stringify(stamp.files) === JSON.stringify(now);
  } catch {
    return false;
  }
}

/**
 * Remembers what the bundle was made from.
 *
 * @param {string} file @param {string} root @param {string} tablesPath @param {string} framework
 * @param {readonly string[]} inputs the bundled files
 */
export function stamp(file, root, tablesPath, framework, inputs) {
  const files = digests(root, tablesPath, inputs);
  writeFileSync(file, JSON.stringify({ framework, files }));
}
